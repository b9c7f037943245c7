import type { BreakProposal } from '../../analyzer/model/analysis.ts';

/** A proposed cut in one line; its reasons as a list once opened. */
export function CutReasons({ cut }: { readonly cut: BreakProposal }) {
  return (
    <details class="cut">
      <summary>
        Cut {cut.caller} → {cut.callee}
      </summary>
      <ul>
        {cut.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
    </details>
  );
}

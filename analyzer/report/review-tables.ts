import type { Analysis, ScoredPrerequisite } from '../model/analysis.ts';
import { cell, code, table } from './markdown-text.ts';
import { percent } from './text.ts';

/** What each service has of what its place on the ladder asks for. */
export function prerequisiteTable({ services }: Analysis): string {
  const rows = services.flatMap(({ id, scorecard }) => {
    if (scorecard === null) return [];
    const named = (...statuses: readonly ScoredPrerequisite['status'][]) =>
      cell(
        scorecard.prerequisites
          .filter(({ status }) => statuses.includes(status))
          .map(({ name }) => name)
          .join(', '),
      );
    return [[code(id), scorecard.class, named('seen', 'attested'), named('missing'), named('unknown')]];
  });
  return rows.length === 0 ? '' : table(['Service', 'Class', 'There', 'Missing', 'Nothing says'], rows);
}

/**
 * Figures for where services could be cut otherwise. Instability is the share of a service's neighbours that it depends on
 * (R. C. Martin): near 0 % many depend on it and it had better not change, near 100 % it may.
 */
export function couplingTable({ services }: Analysis): string {
  const rows = services
    .filter(({ kind, callerCount, calleeCount }) => kind === 'service' && callerCount + calleeCount > 0)
    .map(({ id, callerCount, calleeCount, onlyWayTo, criticalPath: { blastRadius } }) => [
      code(id),
      String(callerCount),
      String(calleeCount),
      percent(calleeCount / (callerCount + calleeCount)),
      blastRadius === null ? '' : percent(blastRadius),
      onlyWayTo === null ? '' : String(onlyWayTo.serviceCount),
    ]);
  if (rows.length === 0) return '';
  return table(['Service', 'Called by', 'Calls', 'Instability', 'Requests waiting for it', 'Only way to'], rows);
}

/** Notes for the review of the cut. */
export function boundaryNotes({ findings }: Analysis): string {
  return findings
    .filter(({ kind }) => kind === 'service-boundary')
    .map(({ title, message }) => `- ${cell(title)}: ${cell(message)}`)
    .join('\n');
}

import { useMemo } from 'preact/hooks';
import { explainEdge } from '../../analyzer/coverage/why.ts';
import type { Analysis } from '../../analyzer/model/analysis.ts';
import type { EdgeExplanation } from '../../analyzer/model/coverage.ts';
import { plainName } from './format.ts';
import { useSession } from './session.ts';

/** Why is there no edge from one service to another? Two pickers and the answer, which never says that there is no call. */
export function Why({ analysis }: { readonly analysis: Analysis }) {
  const session = useSession();
  const { why } = session.view.value;
  const answer = useMemo(
    () => (why.caller === '' || why.callee === '' ? undefined : explainEdge(analysis, why.caller, why.callee)),
    [analysis, why.caller, why.callee],
  );
  const ask = (change: Partial<typeof why>): void => session.show({ why: { ...why, ...change } });
  return (
    <section class="why" aria-labelledby="why-title">
      <h3 id="why-title">Why is there no edge?</h3>
      <div class="why-pickers">
        <Picker label="from" value={why.caller} onChange={(caller) => ask({ caller })} />
        <button
          type="button"
          class="icon-button"
          aria-label="Ask the other way round"
          title="Ask the other way round"
          disabled={why.caller === '' && why.callee === ''}
          onClick={() => ask({ caller: why.callee, callee: why.caller })}
        >
          ⇄
        </button>
        <Picker label="to" value={why.callee} onChange={(callee) => ask({ callee })} />
        <datalist id="why-services">
          {analysis.services.map(({ id }) => (
            <option key={id} value={id} />
          ))}
        </datalist>
      </div>
      <div aria-live="polite">
        {answer === undefined ? (
          <p class="quiet">
            Name two services: what was looked at, what was found, what a call would have left behind.
          </p>
        ) : (
          <Answer answer={answer} />
        )}
      </div>
    </section>
  );
}

function Picker(props: { readonly label: string; readonly value: string; readonly onChange: (value: string) => void }) {
  return (
    <label class="why-picker">
      <span>{props.label}</span>
      <input
        type="text"
        name={`why-${props.label}`}
        list="why-services"
        value={props.value}
        placeholder="service"
        autocomplete="off"
        spellcheck={false}
        onChange={(event) => props.onChange(event.currentTarget.value.trim())}
      />
    </label>
  );
}

const verdictWords: Readonly<Record<EdgeExplanation['verdict'], string>> = {
  called: 'Calls it',
  reached: 'Reaches it over others',
  'not-seen': 'Not seen, which is no proof',
};

function Answer({ answer }: { readonly answer: EdgeExplanation }) {
  const session = useSession();
  const { caller, callee } = answer;
  return (
    <div class={`why-answer is-${answer.verdict}`}>
      <p class="why-verdict">{verdictWords[answer.verdict]}</p>
      <p>{answer.summary}</p>
      {answer.path.length > 0 && (
        <p class="why-path">
          {answer.path.map((id, place) => (
            <span key={id}>
              {place > 0 && <span class="arrow"> → </span>}
              <button
                type="button"
                class="link-button"
                onClick={() => session.select({ kind: 'service', id }, { spotlight: true })}
              >
                {plainName(id)}
              </button>
            </span>
          ))}
        </p>
      )}
      <Lines title="What may hide a call" lines={answer.missing} />
      <Lines title="What to do" lines={answer.next} isOrdered />
      <Lines title="What was looked at" lines={answer.found} />
      {answer.verdict === 'called' && (
        <div class="finding-actions">
          <button
            type="button"
            onClick={() => session.select({ kind: 'dependency', caller, callee }, { spotlight: true })}
          >
            Show on map
          </button>
        </div>
      )}
    </div>
  );
}

function Lines(props: { readonly title: string; readonly lines: readonly string[]; readonly isOrdered?: boolean }) {
  if (props.lines.length === 0) return null;
  const items = props.lines.map((line) => <li key={line}>{line}</li>);
  return (
    <>
      <h4>{props.title}</h4>
      {props.isOrdered === true ? <ol class="lines">{items}</ol> : <ul class="lines">{items}</ul>}
    </>
  );
}

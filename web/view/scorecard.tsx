import type {
  AnalyzedService,
  Scorecard as ServiceScorecard,
  ScoredPrerequisite,
} from '../../analyzer/model/analysis.ts';
import { fullCount, percent, plainName } from './format.ts';
import { useSession } from './session.ts';

/** What is gone while a service is down: who waits for it, and what is reached through it alone. */
export function Reach({ service }: { readonly service: AnalyzedService }) {
  const session = useSession();
  const { onlyWayTo } = service;
  const { blastRadius } = service.criticalPath;
  if (blastRadius === null && onlyWayTo === null) return null;
  return (
    <section>
      <h3>While it is down</h3>
      {blastRadius !== null && (
        <p>
          <b>{percent(blastRadius)}</b> of requests wait for it, as far as nobody copes.
        </p>
      )}
      {onlyWayTo !== null && (
        <p>
          It is the only way to {fullCount(onlyWayTo.serviceCount)}{' '}
          {onlyWayTo.serviceCount === 1 ? 'service' : 'services'}, right behind it{' '}
          {onlyWayTo.services.map((id, place) => (
            <span key={id}>
              {place > 0 && ', '}
              <button
                type="button"
                class="link-button"
                onClick={() => session.select({ kind: 'service', id }, { spotlight: true })}
              >
                {plainName(id)}
              </button>
            </span>
          ))}
          .
        </p>
      )}
    </section>
  );
}

const classWords: Readonly<Record<ServiceScorecard['class'], string>> = {
  'value-added': 'a value-added service',
  'critical-path': 'a service on the critical path',
  pci: 'a service in PCI scope',
};

const statusSigns: Readonly<Record<ScoredPrerequisite['status'], string>> = {
  seen: '✓',
  attested: '✓',
  missing: '✗',
  unknown: '?',
};

const statusOrder: readonly ScoredPrerequisite['status'][] = ['missing', 'unknown', 'attested', 'seen'];

/** What its class asks for, and what of that is there; what is missing comes first. */
export function Scorecard({ scorecard }: { readonly scorecard: ServiceScorecard | null }) {
  if (scorecard === null || scorecard.prerequisites.length === 0) return null;
  const rows = [...scorecard.prerequisites].sort(
    (a, b) => statusOrder.indexOf(a.status) - statusOrder.indexOf(b.status),
  );
  const met = rows.filter(({ status }) => status === 'seen' || status === 'attested').length;
  return (
    <section>
      <h3>
        Scorecard{' '}
        <span class="count">
          {met} of {rows.length} that {classWords[scorecard.class]} needs
        </span>
      </h3>
      <ul class="scorecard">
        {rows.map(({ name, status, message }) => (
          <li key={name}>
            <span class={`score is-${status}`} aria-hidden="true">
              {statusSigns[status]}
            </span>
            <span>
              <b>{name.replaceAll('-', ' ')}</b> <span class="mode">{status}</span>
              <span class="score-message">{message}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

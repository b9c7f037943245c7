import { Findings } from './findings.tsx';
import { fullCount } from './format.ts';
import { onDemand } from './on-demand.tsx';
import { tabs, useSession, type Session, type Tab } from './session.ts';

const tabWords: Readonly<Record<Tab, string>> = {
  findings: 'Findings',
  paths: 'Paths',
  scope: 'Scope',
  outline: 'Outline',
  links: 'Links',
  compare: 'Compare',
  coverage: 'Coverage',
};

const ServicePanel = onDemand(async () => (await import('./service.tsx')).ServicePanel);
const DependencyPanel = onDemand(async () => (await import('./dependency.tsx')).DependencyPanel);
const Outline = onDemand(async () => (await import('./outline.tsx')).Outline);
const Links = onDemand(async () => (await import('./links.tsx')).Links);
const Paths = onDemand(async () => (await import('./paths.tsx')).Paths);
const Scope = onDemand(async () => (await import('./scope.tsx')).Scope);
const Compare = onDemand(async () => (await import('./compare.tsx')).Compare);
const Coverage = onDemand(async () => (await import('./coverage.tsx')).Coverage);

/** Beside the map, or on a narrow screen the sheet over it: the three answers, then lists or what is selected. */
export function Panel() {
  const session = useSession();
  const { tab, selection } = session.view.value;
  const isDetail = selection !== null && selection.kind !== 'finding';
  const isOpen = session.isSheetOpen.value;
  return (
    <aside class={isOpen ? 'panel is-open' : 'panel'} aria-label="Findings and details">
      <button
        type="button"
        class="sheet-handle"
        aria-expanded={isOpen}
        aria-label={isOpen ? 'Lower the sheet' : 'Raise the sheet'}
        onClick={() => session.setSheet(!isOpen)}
      />
      {!isDetail && <Answers />}
      {isDetail ? (
        <>
          <button type="button" class="back" onClick={() => session.select(null)}>
            ← {tabWords[tab]}
          </button>
          <div class="panel-body">
            {selection.kind === 'service' ? (
              <ServicePanel key={selection.id} id={selection.id} />
            ) : (
              <DependencyPanel caller={selection.caller} callee={selection.callee} />
            )}
          </div>
        </>
      ) : (
        <>
          <div class="tabs" role="tablist" aria-label="Lists" onKeyDown={(event) => walkTabs(event, session)}>
            {tabs.map((each) => (
              <button
                key={each}
                type="button"
                role="tab"
                id={`tab-${each}`}
                aria-selected={tab === each}
                aria-controls="panel-body"
                tabIndex={tab === each ? 0 : -1}
                onClick={() => {
                  session.show({ tab: each });
                  session.setSheet(true);
                }}
              >
                {tabWords[each]}
              </button>
            ))}
          </div>
          <div class="panel-body" id="panel-body" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={-1}>
            {tab === 'findings' && <Findings />}
            {tab === 'paths' && <Paths />}
            {tab === 'scope' && <Scope />}
            {tab === 'outline' && <Outline />}
            {tab === 'links' && <Links />}
            {tab === 'compare' && <Compare />}
            {tab === 'coverage' && <Coverage />}
          </div>
        </>
      )}
    </aside>
  );
}

function walkTabs(event: KeyboardEvent, session: Session): void {
  const { tab } = session.view.peek();
  const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
  if (step === 0) return;
  const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length]!;
  session.show({ tab: next });
  document.getElementById(`tab-${next}`)?.focus();
}

/** The three questions every map must answer at a glance. */
function Answers() {
  const session = useSession();
  const lookup = session.lookup.value;
  if (lookup === undefined) return null;
  const { analysis } = lookup;
  const critical = analysis.services.filter((service) => service.criticalPath.verdict === 'critical-path').length;
  const inCde = analysis.services.filter((service) => service.pci.class === 'cde').length;
  const connected = analysis.services.filter((service) => service.pci.class === 'connected-to').length;
  const open = (tab: Tab): void => {
    session.show({ tab });
    session.setSheet(true);
  };
  return (
    <div class="answers">
      <button type="button" class="answer is-cycle" onClick={() => open('findings')}>
        <b>{fullCount(analysis.cycles.length)}</b>
        <span>{analysis.cycles.length === 1 ? 'circle' : 'circles'}</span>
      </button>
      <button type="button" class="answer is-critical" onClick={() => open('paths')}>
        <b>{fullCount(critical)}</b>
        <span>on critical path</span>
      </button>
      <button type="button" class="answer is-cde" onClick={() => open('scope')}>
        <b>
          {fullCount(inCde)}
          {connected > 0 && <small> +{fullCount(connected)}</small>}
        </b>
        <span>{connected > 0 ? 'in CDE + connected' : 'in CDE'}</span>
      </button>
    </div>
  );
}

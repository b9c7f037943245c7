import type { AnalyzedDependency, AnalyzedService } from '../../analyzer/model/analysis.ts';
import { CutReasons } from './cut-reasons.tsx';
import { duration, fullCount, percent, plainName } from './format.ts';
import { isPeerOnly, type Lookup } from './lookup.ts';
import { Reasons } from './reasons.tsx';
import { Reach, Scorecard } from './scorecard.tsx';
import { useSession } from './session.ts';
import { TraceLinks } from './trace-links.tsx';
import { basisWords, cycleWords, kindWords, modeWords, pciWords, verdictWords } from './words.ts';

/** Neighbours listed at first; hubs have hundreds. */
const firstNeighbours = 25;

/** One service: what we say about it, and why; who calls it and whom it calls. */
export function ServicePanel({ id }: { readonly id: string }) {
  const session = useSession();
  const lookup = session.lookup.value;
  if (lookup === undefined) return null;
  const service = lookup.services.get(id);
  if (service === undefined)
    return (
      <div class="service">
        <h2>{plainName(id)}</h2>
        <p class="quiet">Not seen in this window. Choose a longer one.</p>
      </div>
    );
  return (
    <div class="service">
      <header>
        <h2>{plainName(id)}</h2>
        <p class="quiet">
          {[
            service.system === null ? kindWordsOf(service) : `${service.system} ${kindWords[service.kind]}`,
            service.namespace === null ? undefined : `in ${service.namespace}`,
            service.versions.length === 0 ? undefined : service.versions.join(', '),
          ]
            .filter((words) => words !== undefined)
            .join(' · ')}
        </p>
        <div class="finding-actions">
          <button type="button" onClick={() => session.focusOn(id)}>
            Focus on it
          </button>
          <button
            type="button"
            onClick={() => session.show({ tab: 'coverage', selection: null, why: { caller: id, callee: '' } })}
          >
            Why no edge to …
          </button>
        </div>
        <dl class="figures">
          <Figure label="calls" value={fullCount(service.callCount)} />
          <Figure
            label="failed"
            value={service.callCount === 0 ? '–' : percent(service.errorCount / service.callCount)}
          />
          <Figure label="callers" value={String(lookup.callers.get(id)?.length ?? 0)} />
          <Figure label="callees" value={String(lookup.callees.get(id)?.length ?? 0)} />
        </dl>
      </header>
      <Verdict service={service} />
      <Reach service={service} />
      <Cycles id={id} lookup={lookup} />
      <Scope service={service} />
      <Scorecard scorecard={service.scorecard} />
      <Neighbours title="Called by" side="caller" dependencies={lookup.callers.get(id) ?? []} />
      <Neighbours title="Calls" side="callee" dependencies={lookup.callees.get(id) ?? []} />
      <Operations service={service} />
    </div>
  );
}

function kindWordsOf(service: AnalyzedService): string {
  return service.kind === 'service' && isPeerOnly(service) ? 'peer that sends no spans' : kindWords[service.kind];
}

function Figure({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Verdict({ service }: { readonly service: AnalyzedService }) {
  const { verdict, share, frequency, reasons } = service.criticalPath;
  return (
    <section class={verdict === 'critical-path' ? 'verdict is-critical' : 'verdict'}>
      <h3>
        Critical path: <em>{verdictWords[verdict]}</em>
      </h3>
      {share === null ? (
        <p class="quiet">Fewer than 30 complete traces: no share yet.</p>
      ) : (
        <div class="gauge" role="img" aria-label={`${percent(share)} of waiting time`}>
          <span class="gauge-bar">
            <span style={{ width: `${share * 100}%` }} />
          </span>
          <b>{percent(share)}</b> of waiting time
          {frequency !== null && <span class="quiet"> · on the path in {percent(frequency)} of traces</span>}
        </div>
      )}
      <Reasons reasons={reasons} />
    </section>
  );
}

function Cycles({ id, lookup }: { readonly id: string; readonly lookup: Lookup }) {
  const session = useSession();
  const cycles = lookup.cycles.get(id) ?? [];
  if (cycles.length === 0) return null;
  return (
    <section class="verdict is-cycle">
      <h3>
        Circle <span class="mark mark-cycle">{lookup.letters.get(id)}</span>
      </h3>
      {cycles.slice(0, 8).map((cycle) => (
        <article key={cycle.id} class="circle">
          <p class="circle-way">
            {[...cycle.services, cycle.services[0]!].map((member, place) => (
              <span key={place}>
                {place > 0 && <span class="arrow"> → </span>}
                {member === id ? <b>{plainName(member)}</b> : plainName(member)}
              </span>
            ))}
          </p>
          <p class="quiet">{cycleWords[cycle.class]}</p>
          {cycle.breakAt.slice(0, 1).map((cut) => (
            <CutReasons key={`${cut.caller} ${cut.callee}`} cut={cut} />
          ))}
          <div class="finding-actions">
            <button
              type="button"
              onClick={() => session.select({ kind: 'finding', id: cycle.id }, { spotlight: true })}
            >
              Show circle
            </button>
            {cycle.witnessTraceId !== null && <TraceLinks traceIds={[cycle.witnessTraceId]} />}
          </div>
        </article>
      ))}
      {cycles.length > 8 && <p class="quiet">and {cycles.length - 8} more</p>}
    </section>
  );
}

function Scope({ service }: { readonly service: AnalyzedService }) {
  const isIn = service.pci.class !== 'not-observed';
  return (
    <section class={isIn ? 'verdict is-cde' : 'verdict'}>
      <h3>
        PCI scope: <em>{pciWords[service.pci.class]}</em>
      </h3>
      {isIn && <p class="quiet">Basis: {basisWords[service.pci.basis]}</p>}
      <Reasons reasons={service.pci.reasons} />
    </section>
  );
}

interface NeighboursProps {
  readonly title: string;
  readonly side: 'caller' | 'callee';
  readonly dependencies: readonly AnalyzedDependency[];
}

function Neighbours({ title, side, dependencies }: NeighboursProps) {
  const session = useSession();
  const lookup = session.lookup.value!;
  if (dependencies.length === 0) return null;
  return (
    <section>
      <h3>
        {title} <span class="count">{dependencies.length}</span>
      </h3>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">service</th>
            <th scope="col" class="number">
              calls
            </th>
            <th scope="col" class="number">
              failed
            </th>
            <th scope="col" class="number">
              p95
            </th>
            <th scope="col">
              <span class="visually-hidden">details</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {dependencies.slice(0, firstNeighbours).map((dependency) => (
            <tr key={`${dependency[side]} ${dependency.mode}`}>
              <td>
                <button
                  type="button"
                  class="link-button"
                  onClick={() => session.select({ kind: 'service', id: dependency[side] }, { spotlight: true })}
                >
                  {plainName(dependency[side])}
                </button>
                {dependency.mode !== 'sync' && <span class="mode">{modeWords[dependency.mode]}</span>}
                {lookup.letters.get(dependency[side]) !== undefined && dependency.inCycle && (
                  <span class="mark mark-cycle">{lookup.letters.get(dependency[side])}</span>
                )}
              </td>
              <td class="number">{fullCount(dependency.callCount)}</td>
              <td class="number">{dependency.errorCount === 0 ? '–' : fullCount(dependency.errorCount)}</td>
              <td class="number">{duration(dependency.p95Us)}</td>
              <td>
                <button
                  type="button"
                  class="more-button"
                  aria-label={`Details of the calls ${plainName(dependency.caller)} to ${plainName(dependency.callee)}`}
                  onClick={() =>
                    session.select({ kind: 'dependency', caller: dependency.caller, callee: dependency.callee })
                  }
                >
                  …
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {dependencies.length > firstNeighbours && (
        <p class="quiet">and {dependencies.length - firstNeighbours} with fewer calls</p>
      )}
    </section>
  );
}

function Operations({ service }: { readonly service: AnalyzedService }) {
  if (service.operations.length === 0) return null;
  return (
    <section>
      <h3>
        Operations <span class="count">{service.operations.length}</span>
      </h3>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">operation</th>
            <th scope="col" class="number">
              calls
            </th>
            <th scope="col" class="number">
              p50
            </th>
            <th scope="col" class="number">
              p95
            </th>
          </tr>
        </thead>
        <tbody>
          {service.operations.slice(0, 30).map((operation) => (
            <tr key={operation.name}>
              <td class="operation">{operation.name}</td>
              <td class="number">{fullCount(operation.callCount)}</td>
              <td class="number">{duration(operation.p50Us)}</td>
              <td class="number">{duration(operation.p95Us)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {service.operations.length > 30 && <p class="quiet">and {service.operations.length - 30} more</p>}
    </section>
  );
}

import type { AnalyzedService } from '../../analyzer/model/analysis.ts';
import { describeService } from './describe.ts';
import { percent, plainName } from './format.ts';
import { isPeerOnly, type Lookup } from './lookup.ts';
import { useSession } from './session.ts';

/** The map as a list: the same services, groups, marks and selection, for keyboards, screen readers and quick reading. */
export function Outline() {
  const session = useSession();
  const lookup = session.lookup.value;
  if (lookup === undefined) return null;
  const { selection } = session.view.value;
  return (
    <nav class="outline" aria-label="Outline of the map">
      {groupsOf(lookup).map(([group, services]) => (
        <section key={group}>
          <h3>
            {group} <span class="count">{services.length}</span>
          </h3>
          <ul>
            {services.map((service) => (
              <li key={service.id}>
                <button
                  type="button"
                  class="outline-row"
                  data-service={service.id}
                  aria-current={selection?.kind === 'service' && selection.id === service.id}
                  onClick={() => session.select({ kind: 'service', id: service.id }, { spotlight: true })}
                >
                  <span
                    class={`kind kind-${service.kind === 'service' && isPeerOnly(service) ? 'external' : service.kind}`}
                    aria-hidden="true"
                  />
                  <span class="outline-name">{plainName(service.id)}</span>
                  <span class="visually-hidden">
                    {describeService(service.id, lookup).slice(plainName(service.id).length)}
                  </span>
                  <Marks service={service} lookup={lookup} />
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}

/** The marks of a service in a row of text. */
function Marks({ service, lookup }: { readonly service: AnalyzedService; readonly lookup: Lookup }) {
  const letter = lookup.letters.get(service.id);
  const share = service.criticalPath.share ?? 0;
  return (
    <span class="marks" aria-hidden="true">
      {letter !== undefined && <span class="mark mark-cycle">{letter}</span>}
      {service.pci.class === 'cde' && <span class="mark mark-cde">CDE</span>}
      {service.pci.class === 'connected-to' && <span class="mark mark-connected">CDE +1</span>}
      {share >= 0.005 && (
        <span class={service.criticalPath.verdict === 'critical-path' ? 'mark-share is-critical' : 'mark-share'}>
          {percent(share)}
        </span>
      )}
    </span>
  );
}

function groupsOf(lookup: Lookup): [string, AnalyzedService[]][] {
  const groups = new Map<string, AnalyzedService[]>();
  for (const service of lookup.analysis.services) {
    const group = lookup.groups.get(service.id)!;
    const list = groups.get(group);
    if (list === undefined) groups.set(group, [service]);
    else list.push(service);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}

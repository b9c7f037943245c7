import type { AnalyzedService, PciClass } from '../../analyzer/model/analysis.ts';
import { fullCount, instant, plainName } from './format.ts';
import { linkKey, type Lookup } from './lookup.ts';
import { useSession } from './session.ts';
import { basisWords, modeWords, pciWords } from './words.ts';

/** PCI scope as tables: who is inside, who is connected, and every numbered crossing of the fence. */
export function Scope() {
  const session = useSession();
  const lookup = session.lookup.value;
  if (lookup === undefined) return null;
  const inClass = (wanted: PciClass): AnalyzedService[] =>
    lookup.analysis.services.filter((service) => service.pci.class === wanted);
  const classes = (['cde', 'security-impacting', 'connected-to', 'indirect'] as const).filter(
    (each) => inClass(each).length > 0,
  );
  return (
    <div class="scope">
      {classes.length === 0 && (
        <p class="quiet">
          No cardholder data environment is declared and no card data was seen. Name it in ringfence.yaml or by a
          resource attribute.
        </p>
      )}
      {classes.map((each) => (
        <section key={each}>
          <h3>
            {pciWords[each]} <span class="count">{inClass(each).length}</span>
          </h3>
          <ul class="plain-list">
            {inClass(each)
              .slice(0, 100)
              .map((service) => (
                <li key={service.id}>
                  <button
                    type="button"
                    class="row-button"
                    onClick={() => session.select({ kind: 'service', id: service.id }, { spotlight: true })}
                  >
                    <span>{plainName(service.id)}</span>
                    <span class="quiet">{basisWords[service.pci.basis]}</span>
                  </button>
                </li>
              ))}
          </ul>
        </section>
      ))}
      {lookup.crossings.size > 0 && <Crossings lookup={lookup} />}
      <p class="quiet">Traces show that a path exists. They cannot show that a system is out of scope.</p>
    </div>
  );
}

function Crossings({ lookup }: { readonly lookup: Lookup }) {
  const session = useSession();
  return (
    <section>
      <h3>
        Crossings of the fence <span class="count">{lookup.crossings.size}</span>
      </h3>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col">from → to</th>
            <th scope="col" class="number">
              calls
            </th>
            <th scope="col">last seen</th>
          </tr>
        </thead>
        <tbody>
          {[...lookup.crossings].slice(0, 300).map(([key, number]) => {
            const [caller = '', callee = ''] = key.split('\n');
            const dependencies = (lookup.callees.get(caller) ?? []).filter(
              (edge) => linkKey(caller, edge.callee) === key,
            );
            const last = dependencies
              .map((edge) => edge.lastSeen)
              .sort()
              .at(-1);
            return (
              <tr key={key}>
                <td>
                  <span class="mark mark-crossing">{number}</span>
                </td>
                <td>
                  <button
                    type="button"
                    class="link-button"
                    onClick={() => session.select({ kind: 'dependency', caller, callee }, { spotlight: true })}
                  >
                    {plainName(caller)} → {plainName(callee)}
                  </button>
                  <span class="quiet"> {dependencies.map((edge) => modeWords[edge.mode]).join(', ')}</span>
                </td>
                <td class="number">{fullCount(dependencies.reduce((sum, edge) => sum + edge.callCount, 0))}</td>
                <td class="quiet">{last === undefined ? '' : instant(last)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

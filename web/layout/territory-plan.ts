import { boxesOf, metricsOf, territoryBox, type Arrangement } from './arrangement.ts';
import type { Plan } from './plan.ts';

/** The whole system in its territories, as a plan. Reserved places of those not seen just now have boxes too. */
export function territoryPlan(arrangement: Arrangement): Plan {
  const members = new Map<string, string[]>();
  for (const [id, { territory }] of arrangement.places) {
    const list = members.get(territory);
    if (list === undefined) members.set(territory, [id]);
    else list.push(id);
  }
  return {
    density: arrangement.density,
    metrics: metricsOf(arrangement),
    boxes: boxesOf(arrangement),
    frames: arrangement.territories.map((territory) => ({
      key: territory.key,
      name: territory.name,
      kind: 'territory' as const,
      box: territoryBox(territory, arrangement),
      members: members.get(territory.key) ?? [],
    })),
    fenced: undefined,
    notes: [],
    isSideways: false,
    links: undefined,
  };
}

import type { AnalyzedService, NodeKind, PciClass } from '../../analyzer/model/analysis.ts';
import { boxesOf, metricsOf, territoryBox, type Arrangement } from '../layout/arrangement.ts';
import { fenceIslands, type FenceIsland } from '../layout/fence.ts';
import { boundsOf, grown, type Box } from '../layout/geometry.ts';
import { percent, plainName, shortCount } from './format.ts';
import { isPeerOnly, type Lookup } from './lookup.ts';
import { sceneLinks, type SceneLink } from './scene-links.ts';
import type { Overlays } from './session.ts';

/**
 * Everything on the map as plain data: where it is and what it means, not which colour it has. The canvas, the overlay
 * and every export draw this one thing.
 */
export interface Scene {
  readonly density: Arrangement['density'];
  readonly territories: readonly SceneTerritory[];
  readonly fences: readonly FenceIsland[];
  readonly boxes: readonly SceneBox[];
  readonly links: readonly SceneLink[];
  readonly linkTotal: number;
  /** Around everything; undefined on an empty map. */
  readonly bounds: Box | undefined;
}

export interface SceneTerritory {
  readonly key: string;
  readonly name: string;
  readonly box: Box;
  readonly memberCount: number;
}

export interface SceneBox {
  readonly id: string;
  readonly name: string;
  readonly detail: string;
  /** Share of entry-point time on the critical path, printed; undefined where it does not count. */
  readonly shareText: string | undefined;
  /** 0 for none, else 1 to 5. */
  readonly heat: number;
  readonly isCritical: boolean;
  readonly kind: NodeKind;
  /** It sends no spans: what we know of it comes from those who call it. */
  readonly isOutside: boolean;
  readonly pci: PciClass;
  readonly letter: string | undefined;
  readonly step: number | undefined;
  readonly box: Box;
}

export function sceneOf(
  lookup: Lookup,
  arrangement: Arrangement,
  overlays: Overlays,
  selected: ReadonlySet<string>,
): Scene {
  const { analysis } = lookup;
  const places = boxesOf(arrangement);
  const boxes: SceneBox[] = [];
  const shown = new Map<string, Box>();
  const memberCount = new Map<string, number>();
  for (const service of analysis.services) {
    const box = places.get(service.id);
    if (box === undefined) continue;
    shown.set(service.id, box);
    const key = arrangement.places.get(service.id)!.territory;
    memberCount.set(key, (memberCount.get(key) ?? 0) + 1);
    const share = overlays.path ? (service.criticalPath.share ?? 0) : 0;
    boxes.push({
      id: service.id,
      name: labelOf(service, arrangement),
      detail: detailOf(service),
      shareText: share >= 0.005 ? percent(share >= 0.1 ? Math.round(share * 100) / 100 : share) : undefined,
      heat: heatStep(share),
      isCritical: overlays.path && service.criticalPath.verdict === 'critical-path',
      kind: service.kind,
      isOutside: isOutside(service),
      pci: overlays.scope ? service.pci.class : 'not-observed',
      letter: overlays.cycles ? lookup.letters.get(service.id) : undefined,
      step: overlays.path ? lookup.steps.get(service.id) : undefined,
      box,
    });
  }
  const fenced = boxes.filter((box) => box.pci === 'cde').map(({ box }) => box);
  const others = boxes.filter((box) => box.pci !== 'cde').map(({ box }) => box);
  const { columnGap, rowGap } = metricsOf(arrangement);
  const fences = fenceIslands(fenced, others, Math.max(columnGap, rowGap) + 1);
  const territories = arrangement.territories
    .filter((territory) => memberCount.has(territory.key))
    .map((territory) => ({
      key: territory.key,
      name: territory.name,
      box: territoryBox(territory, arrangement),
      memberCount: memberCount.get(territory.key)!,
    }));
  const titles = territories.map(({ name, box }) => ({
    x: box.x + 10,
    y: box.y + 8,
    width: Math.min(box.width - 20, (name.length + 3) * titleCharacter),
    height: 22,
  }));
  const { links, linkTotal } = sceneLinks(lookup, shown, overlays, selected, fences, titles, arrangement);
  return {
    density: arrangement.density,
    territories,
    fences,
    boxes,
    links,
    linkTotal,
    bounds: boundsOf(territories.map((territory) => grown(territory.box, 16))),
  };
}

/** Of a title as wide as it gets on a map that is seen from afar. */
const titleCharacter = 11;

/** In five steps: up to 2, 5, 10, 20 % of all time, and above. */
function heatStep(share: number): number {
  if (share < 0.005) return 0;
  return [0.02, 0.05, 0.1, 0.2].filter((limit) => share >= limit).length + 1;
}

/** On a dense map the name of the territory is not said again in every box: `payments-engine` is `engine`. */
function labelOf(service: AnalyzedService, arrangement: Arrangement): string {
  const name = plainName(service.id);
  if (arrangement.density === 'roomy' || service.namespace === null) return name;
  const rest = name.slice(service.namespace.length + 1);
  return rest !== '' && name.startsWith(service.namespace) && /[-_.]/.test(name[service.namespace.length]!)
    ? rest
    : name;
}

/** A peer of somebody, but no store or topic: those have shapes of their own. */
function isOutside(service: AnalyzedService): boolean {
  return service.kind !== 'database' && service.kind !== 'destination' && isPeerOnly(service);
}

export function detailOf(service: AnalyzedService): string {
  const { kind, system, callCount } = service;
  const calls = callCount === 0 ? '' : `${shortCount(callCount)} ${callCount === 1 ? 'call' : 'calls'}`;
  const what =
    kind === 'service'
      ? isPeerOnly(service)
        ? 'peer'
        : ''
      : kind === 'unknown-caller'
        ? 'unknown caller'
        : kind === 'destination'
          ? 'topic'
          : kind;
  // The shape says what it is; the system says more.
  const words = system !== null && kind !== 'service' ? system : what;
  return [words, calls].filter((part) => part !== '').join(' · ') || 'entry';
}

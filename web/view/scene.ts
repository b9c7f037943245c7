import type { AnalyzedService, NodeKind, PciClass } from '../../analyzer/model/analysis.ts';
import type { Density } from '../layout/arrangement.ts';
import { fenceIslands, type FenceIsland } from '../layout/fence.ts';
import { boundsOf, grown, type Box } from '../layout/geometry.ts';
import type { Note, Plan } from '../layout/plan.ts';
import { bundles, groupId, sceneGroups, type SceneGroup } from './closed-groups.ts';
import { percent, plainName, shortCount } from './format.ts';
import { isPeerOnly, linksOf, type Lookup } from './lookup.ts';
import { sceneLinks, type SceneLink } from './scene-links.ts';
import type { Overlays } from './session.ts';

/**
 * Everything on the map as plain data: where it is and what it means, not which colour it has. The canvas, the overlay
 * and every export draw this one thing.
 */
export interface Scene {
  readonly density: Density;
  readonly frames: readonly SceneFrame[];
  readonly fences: readonly FenceIsland[];
  readonly boxes: readonly SceneBox[];
  /** Closed territories: their members are not among the boxes. */
  readonly groups: readonly SceneGroup[];
  readonly links: readonly SceneLink[];
  readonly linkTotal: number;
  readonly notes: readonly Note[];
  readonly isSideways: boolean;
  readonly serviceTotal: number;
  /** Around everything; undefined on an empty map. */
  readonly bounds: Box | undefined;
}

export interface SceneFrame {
  readonly key: string;
  readonly name: string;
  readonly kind: 'territory' | 'circle' | 'band';
  readonly box: Box;
  /** Of those seen in this window. */
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
  plan: Plan,
  overlays: Overlays,
  selected: ReadonlySet<string>,
  closed: ReadonlySet<string> = new Set(),
): Scene {
  const { analysis } = lookup;
  const isGrouped = plan.frames.some((frame) => frame.kind === 'territory');
  const groups = sceneGroups(plan, lookup, overlays, closed);
  const hidden = new Map<string, string>();
  for (const { key, members } of plan.frames)
    if (closed.has(key)) for (const id of members) hidden.set(id, groupId(key));
  const boxes: SceneBox[] = [];
  const shown = new Map<string, Box>();
  for (const service of analysis.services) {
    const box = plan.boxes.get(service.id);
    if (box === undefined || hidden.has(service.id)) continue;
    shown.set(service.id, box);
    const share = overlays.path ? (service.criticalPath.share ?? 0) : 0;
    boxes.push({
      id: service.id,
      name: labelOf(service, isGrouped && plan.density === 'compact'),
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
  const fences = fencesOf(plan, boxes);
  const frames = plan.frames.flatMap((frame): SceneFrame[] => {
    if (closed.has(frame.key)) return [];
    const memberCount = frame.members.filter((id) => shown.has(id)).length;
    const { key, name, kind, box } = frame;
    return memberCount === 0 ? [] : [{ key, name, kind, box, memberCount }];
  });
  const titles = frames
    .filter(({ kind }) => kind === 'territory')
    .map(({ name, box }) => ({
      x: box.x + 10,
      y: box.y + 8,
      width: Math.min(box.width - 20, (name.length + 3) * titleCharacter),
      height: 22,
    }));
  const { links, linkTotal } = sceneLinks(lookup, shown, overlays, selected, fences, titles, plan);
  const bundled =
    groups.length === 0
      ? []
      : bundles(
          linksOf(lookup.analysis).filter((link) => overlays.async || link.mode !== 'async'),
          lookup,
          overlays,
          (id) => hidden.get(id) ?? id,
          new Map([...shown, ...groups.map(({ key, box }) => [groupId(key), box] as const)]),
        );
  return {
    density: plan.density,
    frames,
    fences,
    boxes,
    groups,
    links: [...bundled, ...links],
    linkTotal,
    notes: plan.notes,
    isSideways: plan.isSideways,
    serviceTotal: analysis.services.length,
    bounds: boundsOf([
      ...frames.map((frame) => grown(frame.box, 16)),
      ...boxes.map(({ box }) => grown(box, 16)),
      ...groups.map(({ box }) => grown(box, 16)),
      ...plan.notes.map(({ x, y, words }) => ({ x, y: y - 10, width: words.length * 8, height: 20 })),
    ]),
  };
}

function fencesOf(plan: Plan, boxes: readonly SceneBox[]): FenceIsland[] {
  const fenced = boxes.filter((box) => box.pci === 'cde');
  if (plan.fenced !== undefined) {
    const hull = boundsOf(fenced.map(({ box }) => box));
    return hull === undefined ? [] : [{ rectangles: [hull], x: hull.x, y: hull.y + hull.height }];
  }
  const others = boxes.filter((box) => box.pci !== 'cde').map(({ box }) => box);
  const { columnGap, rowGap } = plan.metrics;
  return fenceIslands(
    fenced.map(({ box }) => box),
    others,
    Math.max(columnGap, rowGap) + 1,
  );
}

/** Of a title as wide as it gets on a map that is seen from afar. */
const titleCharacter = 11;

/** In five steps: up to 2, 5, 10, 20 % of all time, and above. */
function heatStep(share: number): number {
  if (share < 0.005) return 0;
  return [0.02, 0.05, 0.1, 0.2].filter((limit) => share >= limit).length + 1;
}

/** On a dense map the name of the territory is not said again in every box: `payments-engine` is `engine`. */
function labelOf(service: AnalyzedService, isShort: boolean): string {
  const name = plainName(service.id);
  if (!isShort || service.namespace === null) return name;
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

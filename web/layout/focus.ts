import { boxWidthFor, metricsOf } from './arrangement.ts';
import type { Box } from './geometry.ts';
import type { Frame, Note, Plan } from './plan.ts';

export interface FocusNode {
  readonly id: string;
  readonly labelWidth: number;
}

export interface FocusLink {
  readonly caller: string;
  readonly callee: string;
  /** The heavier, the higher up: its share of the critical path, then its calls. */
  readonly weight: number;
}

export interface FocusOptions {
  readonly centre: string;
  /** Hops towards the callers and towards the callees. */
  readonly up: number;
  readonly down: number;
}

/** More than this in one column fold into a number. */
const mostInColumn = 40;
/** More than this stand in several columns side by side. */
const tallColumn = 14;
const columnGap = 96;
const rowGap = 20;

/**
 * One service, those that call it to the left and those it calls to the right, as many hops as asked for. Who is both
 * stands on the side of the callers. A column is sorted by weight, later ones by those they hang on.
 */
export function focus(nodes: readonly FocusNode[], links: readonly FocusLink[], options: FocusOptions): Plan {
  const { centre, up, down } = options;
  const columns = columnsOf(links, options);
  const shown = new Set([centre, ...columns.flatMap((column) => column.ids)]);
  const boxWidth = boxWidthFor(
    nodes.filter((node) => shown.has(node.id)).map((node) => node.labelWidth),
    'roomy',
  );
  const metrics = { ...metricsOf({ density: 'roomy', boxWidth }), columnGap, rowGap };
  const boxes = new Map<string, Box>();
  const notes: Note[] = [];
  const frames: Frame[] = [];
  const boxHeight = metrics.boxHeight;
  boxes.set(centre, { x: 0, y: -boxHeight / 2, width: boxWidth, height: boxHeight });
  const edge = { [-1]: 0, [1]: boxWidth };
  for (const { side, hop, ids, foldedCount } of columns) {
    const stackCount = Math.max(1, Math.ceil(ids.length / tallColumn));
    const perStack = Math.ceil(ids.length / stackCount);
    const height = perStack * (boxHeight + rowGap) - rowGap;
    const start = edge[side] + side * columnGap;
    ids.forEach((id, place) => {
      const stack = Math.floor(place / perStack);
      const inStack = Math.min(perStack, ids.length - stack * perStack);
      const left = start + side * stack * (boxWidth + columnGap / 2) - (side < 0 ? boxWidth : 0);
      const top = -(inStack * (boxHeight + rowGap) - rowGap) / 2 + (place % perStack) * (boxHeight + rowGap);
      boxes.set(id, { x: left, y: Math.round(top), width: boxWidth, height: boxHeight });
    });
    const width = stackCount * (boxWidth + columnGap / 2) - columnGap / 2;
    const left = side < 0 ? start - width : start;
    notes.push({ x: left, y: -height / 2 - 30, words: titleOf(side, hop, ids.length + foldedCount) });
    if (foldedCount > 0) notes.push({ x: left, y: height / 2 + 24, words: `+${foldedCount} with less` });
    edge[side] = start + side * width;
  }
  if (up > 0 && !columns.some(({ side }) => side < 0))
    notes.push({ x: -columnGap - 60, y: -boxHeight / 2 - 30, words: 'no callers seen' });
  if (down > 0 && !columns.some(({ side }) => side > 0))
    notes.push({ x: boxWidth + 24, y: -boxHeight / 2 - 30, words: 'calls nobody' });
  return {
    density: 'roomy',
    metrics,
    boxes: new Map([...boxes].sort(([a], [b]) => (a < b ? -1 : 1))),
    frames,
    fenced: undefined,
    notes,
    isSideways: true,
    links: linksAlong(links, centre, columns),
  };
}

interface Column {
  readonly side: -1 | 1;
  readonly hop: number;
  readonly ids: readonly string[];
  /** Not shown. */
  readonly foldedCount: number;
}

function titleOf(side: -1 | 1, hop: number, count: number): string {
  const what = side < 0 ? (count === 1 ? 'caller' : 'callers') : count === 1 ? 'callee' : 'callees';
  return hop === 1 ? `${count} ${what}` : `${count} at ${hop} hops`;
}

function columnsOf(links: readonly FocusLink[], { centre, up, down }: FocusOptions): Column[] {
  const sorted = [...links].sort(
    (a, b) =>
      b.weight - a.weight || (a.caller < b.caller ? -1 : a.caller > b.caller ? 1 : a.callee < b.callee ? -1 : 1),
  );
  const callers = new Map<string, string[]>();
  const callees = new Map<string, string[]>();
  for (const { caller, callee } of sorted) {
    if (caller === callee) continue;
    callers.set(callee, [...(callers.get(callee) ?? []), caller]);
    callees.set(caller, [...(callees.get(caller) ?? []), callee]);
  }
  const seen = new Set([centre]);
  const columns: Column[] = [];
  let [above, below] = [[centre], [centre]];
  for (let hop = 1; hop <= Math.max(up, down); hop++) {
    // Both sides a hop at a time, so that each service stands at its nearest distance.
    if (hop <= up) above = step(above, callers, -1, hop);
    if (hop <= down) below = step(below, callees, 1, hop);
  }
  return columns;

  function step(from: readonly string[], next: ReadonlyMap<string, readonly string[]>, side: -1 | 1, hop: number) {
    const ids: string[] = [];
    // In the order of those they hang on, and there by weight.
    for (const id of from)
      for (const other of next.get(id) ?? [])
        if (!seen.has(other)) {
          seen.add(other);
          ids.push(other);
        }
    const shown = ids.length > mostInColumn ? ids.slice(0, mostInColumn - 1) : ids;
    if (ids.length > 0) columns.push({ side, hop, ids: shown, foldedCount: ids.length - shown.length });
    return shown;
  }
}

/** Between neighbouring columns only: what else these services call is not the question here. */
function linksAlong(
  links: readonly FocusLink[],
  centre: string,
  columns: readonly Column[],
): readonly (readonly [string, string])[] {
  const place = new Map([[centre, 0]]);
  for (const { side, hop, ids } of columns) for (const id of ids) place.set(id, side * hop);
  return links
    .filter(({ caller, callee }) => {
      const [from, to] = [place.get(caller), place.get(callee)];
      return from !== undefined && to !== undefined && Math.abs(from - to) === 1;
    })
    .map(({ caller, callee }) => [caller, callee] as const);
}

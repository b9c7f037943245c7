import { boxWidthFor, metricsOf, type Density, type Metrics } from './arrangement.ts';
import type { Box } from './geometry.ts';
import { levels } from './levels.ts';
import { frameAround, type Frame, type Note, type Plan } from './plan.ts';
import { nearestSlots } from './slots.ts';

export interface ScopeNode {
  readonly id: string;
  readonly labelWidth: number;
  /** Inside the CDE, one call away from it (or able to harm it), or neither as far as was seen. */
  readonly zone: 'cde' | 'connected' | 'elsewhere';
}

export interface ScopeLink {
  readonly caller: string;
  readonly callee: string;
}

type BandName = 'callers' | 'cde' | 'callees' | 'elsewhere';

const titles: Readonly<Record<BandName, string>> = {
  callers: 'Connected to the CDE: calls into it',
  cde: 'Cardholder data environment',
  callees: 'Connected to the CDE: called from it',
  elsewhere: 'No call to or from the CDE seen in this window (no proof that there is none)',
};
const bandOrder: readonly BandName[] = ['callers', 'cde', 'callees', 'elsewhere'];
const roomyScope = 60;
/** Of those with nothing to do with the CDE; the rest is a number. */
const mostElsewhere = 60;
const sweeps = 6;

/**
 * The cardholder data environment in the middle, inside its fence; above it who calls in, below it whom it calls, and at
 * the bottom everybody else. Only calls that touch the CDE are drawn: those are what an assessor asks about.
 */
export function scope(nodes: readonly ScopeNode[], links: readonly ScopeLink[], aspect = 1.4): Plan {
  const sorted = [...nodes].sort((a, b) => (a.id < b.id ? -1 : 1));
  const zoneOf = new Map(sorted.map((node) => [node.id, node.zone]));
  const touching = links
    .filter(
      ({ caller, callee }) =>
        caller !== callee && zoneOf.has(caller) && zoneOf.has(callee) && (isCde(caller) || isCde(callee)),
    )
    .sort((a, b) => (a.caller + '\n' + a.callee < b.caller + '\n' + b.callee ? -1 : 1));
  function isCde(id: string): boolean {
    return zoneOf.get(id) === 'cde';
  }
  const calling = new Set(touching.filter(({ callee }) => isCde(callee)).map(({ caller }) => caller));
  const bands = new Map<BandName, ScopeNode[]>(bandOrder.map((name) => [name, []]));
  for (const node of sorted) bands.get(bandOf(node, calling))!.push(node);
  const foldedCount = Math.max(0, bands.get('elsewhere')!.length - mostElsewhere);
  bands.set('elsewhere', bands.get('elsewhere')!.slice(0, mostElsewhere));
  const shown = bandOrder.flatMap((name) => bands.get(name)!);
  const density: Density = shown.length <= roomyScope ? 'roomy' : 'compact';
  const metrics = scopeMetrics(shown, density);
  const pitchX = metrics.boxWidth + metrics.columnGap;
  const pitchY = metrics.boxHeight + metrics.rowGap;
  const width = Math.max(4, Math.ceil(Math.sqrt((shown.length * aspect * pitchY) / pitchX) * 1.2));
  const rows = bandOrder.map((name) => rowsOf(bands.get(name)!, touching, width, name === 'cde'));
  const column = sweep(rows.flat(), touching, width);
  const boxes = new Map<string, Box>();
  const frames: Frame[] = [];
  const notes: Note[] = [];
  let top = 0;
  rows.forEach((band, index) => {
    const name = bandOrder[index]!;
    if (band.length === 0) return;
    for (const row of band) {
      for (const { id } of row)
        boxes.set(id, { x: column.get(id)! * pitchX, y: top, width: metrics.boxWidth, height: metrics.boxHeight });
      top += pitchY;
    }
    const members = band.flat().map(({ id }) => id);
    const margin = name === 'cde' ? bandMargin + 6 : bandMargin;
    const box = frameAround(members, boxes, margin, titleHeight)!;
    const widest = Math.max(box.width, titles[name].length * 8 + 60);
    frames.push({ key: name, name: titles[name], kind: 'band', box: { ...box, width: widest }, members });
    if (name === 'elsewhere' && foldedCount > 0)
      notes.push({ x: box.x + 14, y: box.y + box.height + 22, words: `+${foldedCount} more: the outline lists them` });
    top += bandGap;
  });
  return {
    density,
    metrics,
    boxes: new Map([...boxes].sort(([a], [b]) => (a < b ? -1 : 1))),
    frames,
    fenced: bands.get('cde')!.map(({ id }) => id),
    notes,
    isSideways: false,
    links: touching.map(({ caller, callee }) => [caller, callee] as const),
  };
}

const bandMargin = 20;
const titleHeight = 30;
const bandGap = 88;

function scopeMetrics(shown: readonly ScopeNode[], density: Density): Metrics {
  const boxWidth = boxWidthFor(
    shown.map((node) => node.labelWidth),
    density,
  );
  const metrics = metricsOf({ density, boxWidth });
  return density === 'roomy' ? { ...metrics, rowGap: 44 } : { ...metrics, rowGap: 30 };
}

function bandOf(node: ScopeNode, calling: ReadonlySet<string>): BandName {
  if (node.zone === 'cde') return 'cde';
  if (node.zone === 'elsewhere') return 'elsewhere';
  return calling.has(node.id) ? 'callers' : 'callees';
}

/** Inside the CDE by level of its own calls; elsewhere just as wide as it may be. */
function rowsOf(
  band: readonly ScopeNode[],
  links: readonly ScopeLink[],
  width: number,
  isLayered: boolean,
): ScopeNode[][] {
  const local = new Map(band.map((node, index) => [node.id, index]));
  const inside = links.flatMap(({ caller, callee }) => {
    const [from, to] = [local.get(caller), local.get(callee)];
    return from === undefined || to === undefined ? [] : [[from, to] as const];
  });
  const level = isLayered ? levels(band.length, inside) : new Int32Array(band.length);
  const byLevel = new Map<number, ScopeNode[]>();
  band.forEach((node, index) => byLevel.set(level[index]!, [...(byLevel.get(level[index]!) ?? []), node]));
  const rows: ScopeNode[][] = [];
  for (const [, members] of [...byLevel].sort(([a], [b]) => a - b)) {
    const rowCount = Math.ceil(members.length / width);
    const perRow = Math.ceil(members.length / rowCount);
    for (let start = 0; start < members.length; start += perRow) rows.push(members.slice(start, start + perRow));
  }
  return rows;
}

function sweep(rows: readonly ScopeNode[][], links: readonly ScopeLink[], width: number): Map<string, number> {
  const neighbours = new Map<string, string[]>();
  for (const { caller, callee } of links) {
    neighbours.set(caller, [...(neighbours.get(caller) ?? []), callee]);
    neighbours.set(callee, [...(neighbours.get(callee) ?? []), caller]);
  }
  const column = new Map<string, number>();
  for (const row of rows) row.forEach(({ id }, place) => column.set(id, place + (width - row.length) / 2));
  for (let turn = 0; turn < sweeps; turn++)
    for (const row of turn % 2 === 0 ? rows : [...rows].reverse()) {
      const wished = row
        .map(({ id }) => {
          const around = neighbours.get(id)?.flatMap((other) => column.get(other) ?? []) ?? [];
          const wish = around.length === 0 ? column.get(id)! : around.reduce((sum, at) => sum + at, 0) / around.length;
          return { id, wish };
        })
        .sort((a, b) => a.wish - b.wish || (a.id < b.id ? -1 : 1));
      const slots = nearestSlots(
        wished.map(({ wish }) => wish),
        0,
        width - 1,
      );
      wished.forEach(({ id }, place) => column.set(id, slots[place]!));
    }
  return column;
}

import { compressEdges, labelComponents } from 'graphology-cycles';
import { boxWidthFor, metricsOf, type Density, type Metrics } from './arrangement.ts';
import type { Box } from './geometry.ts';
import { levels } from './levels.ts';
import { frameAround, type Frame, type Plan } from './plan.ts';
import { nearestSlots } from './slots.ts';

export interface FlowNode {
  readonly id: string;
  readonly labelWidth: number;
  /** Number on the critical path, from 1; undefined beside it. */
  readonly step: number | undefined;
}

export interface FlowLink {
  readonly caller: string;
  readonly callee: string;
  /** The proposed cut of a circle: inside its hull it points up. */
  readonly isBackward: boolean;
}

const sweeps = 8;
const roomyFlow = 48;

/**
 * Layered, callers above callees. A circle is condensed to one level and stands there in a hull; the critical path runs
 * straight down the middle column. After Sugiyama, Tagawa and Toda (1981): levels by longest path, order by barycentre;
 * wide levels wrap into several lines, since a wall is not as wide as a level. Fixed sweeps and ties by id: the same nodes
 * and links in any order give the same plan.
 */
export function flow(nodes: readonly FlowNode[], links: readonly FlowLink[], aspect = 1.4): Plan {
  const system = systemOf(nodes, links);
  const density: Density = nodes.length <= roomyFlow ? 'roomy' : 'compact';
  const metrics = flowMetrics(density, nodes);
  const width = widthOf(nodes.length, metrics, aspect);
  const lines = linesOf(system, width);
  order(lines, system, width);
  const pitchX = metrics.boxWidth + metrics.columnGap;
  const pitchY = metrics.boxHeight + metrics.rowGap;
  const boxes = new Map<string, Box>();
  lines.forEach((line, row) => {
    for (const block of line.blocks)
      for (const [place, column] of block.columns)
        boxes.set(system.nodes[place]!.id, {
          x: Math.round((block.left + column) * pitchX),
          y: (row + block.rowOf.get(place)!) * pitchY,
          width: metrics.boxWidth,
          height: metrics.boxHeight,
        });
  });
  const sorted = new Map([...boxes].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    density,
    metrics,
    boxes: sorted,
    frames: hullsOf(lines, system, sorted, metrics),
    fenced: undefined,
    notes: [],
    isSideways: false,
    links: undefined,
  };
}

function flowMetrics(density: Density, nodes: readonly FlowNode[]): Metrics {
  const boxWidth = boxWidthFor(
    nodes.map((node) => node.labelWidth),
    density,
  );
  const metrics = metricsOf({ density, boxWidth });
  return density === 'roomy' ? metrics : { ...metrics, rowGap: 40, columnGap: 22 };
}

/** Boxes in a line, so that the whole is about `aspect` times as wide as high. */
function widthOf(nodeCount: number, { boxWidth, boxHeight, columnGap, rowGap }: Metrics, aspect: number): number {
  const square = Math.sqrt((nodeCount * aspect * (boxHeight + rowGap)) / (boxWidth + columnGap));
  return Math.max(5, Math.ceil(square * 1.15));
}

/** One service, or a whole circle. Places are indices of nodes. */
interface Block {
  readonly members: readonly number[];
  /** Rows inside, from the top. */
  readonly rows: readonly (readonly number[])[];
  readonly width: number;
  readonly rowOf: ReadonlyMap<number, number>;
  /** Column within the block. */
  columns: Map<number, number>;
  left: number;
  /** Column within the block that has to stand in the middle of the map; undefined beside the critical path. */
  readonly spine: number | undefined;
  readonly level: number;
}

/** Blocks that begin side by side. Blocks of several rows reach into lines that are empty. */
interface Line {
  blocks: Block[];
}

interface FlowSystem {
  readonly nodes: readonly FlowNode[];
  readonly neighbours: readonly (readonly number[])[];
  readonly blocks: readonly Block[];
}

function systemOf(unsorted: readonly FlowNode[], links: readonly FlowLink[]): FlowSystem {
  const nodes = [...unsorted].sort((a, b) => (a.id < b.id ? -1 : 1));
  const placeOf = new Map(nodes.map((node, place) => [node.id, place]));
  const known = links
    .flatMap((link) => {
      const [from, to] = [placeOf.get(link.caller), placeOf.get(link.callee)];
      return from === undefined || to === undefined || from === to ? [] : [{ from, to, isBackward: link.isBackward }];
    })
    .sort((a, b) => a.from - b.from || a.to - b.to || Number(a.isBackward) - Number(b.isBackward));
  const neighbours: number[][] = nodes.map(() => []);
  for (const { from, to } of known) {
    neighbours[from]!.push(to);
    neighbours[to]!.push(from);
  }
  const { componentCount, componentOfNode } = labelComponents(
    compressEdges(
      known.map(({ from }) => from),
      known.map(({ to }) => to),
      nodes.length,
    ),
  );
  const members: number[][] = Array.from({ length: componentCount }, () => []);
  nodes.forEach((_, place) => members[componentOfNode[place]!]!.push(place));
  const level = levels(
    nodes.length,
    known.map(({ from, to }) => [from, to] as const),
  );
  lowerSources(level, nodes, known);
  const inside: { from: number; to: number; isBackward: boolean }[][] = members.map(() => []);
  for (const link of known)
    if (componentOfNode[link.from] === componentOfNode[link.to]) inside[componentOfNode[link.from]!]!.push(link);
  const blocks = members.map((own, component) => blockOf(own, inside[component]!, nodes, level[own[0]!]!));
  return { nodes, neighbours, blocks: blocks.sort((a, b) => a.level - b.level || a.members[0]! - b.members[0]!) };
}

/** Who is called by nobody stands right above the first it calls, not at the top with the entry points of long ways. */
function lowerSources(
  level: Int32Array,
  nodes: readonly FlowNode[],
  links: readonly { readonly from: number; readonly to: number }[],
): void {
  const isCalled = new Uint8Array(nodes.length);
  const first = new Int32Array(nodes.length).fill(-1);
  for (const { from, to } of links) {
    isCalled[to] = 1;
    const below = level[to]! - 1;
    if (first[from]! < 0 || below < first[from]!) first[from] = below;
  }
  nodes.forEach((node, place) => {
    if (isCalled[place] === 0 && node.step === undefined && first[place]! > level[place]!) level[place] = first[place]!;
  });
}

function blockOf(
  members: readonly number[],
  inside: readonly { readonly from: number; readonly to: number; readonly isBackward: boolean }[],
  nodes: readonly FlowNode[],
  level: number,
): Block {
  const rows = rowsInside(members, inside, nodes);
  const width = Math.max(...rows.map((row) => row.length));
  const rowOf = new Map(rows.flatMap((row, index) => row.map((place) => [place, index] as const)));
  const onPath = members.some((place) => nodes[place]!.step !== undefined);
  const columns = new Map(
    rows.flatMap((row) => row.map((place, at) => [place, at + Math.floor((width - row.length) / 2)])),
  );
  return {
    members,
    rows,
    width,
    rowOf,
    columns,
    left: 0,
    spine: onPath ? Math.floor((width - 1) / 2) : undefined,
    level,
  };
}

/** Inside a circle the calls run down too, once its cuts are left out; steps of the critical path always do. */
function rowsInside(
  members: readonly number[],
  inside: readonly { readonly from: number; readonly to: number; readonly isBackward: boolean }[],
  nodes: readonly FlowNode[],
): number[][] {
  if (members.length === 1) return [[...members]];
  const local = new Map(members.map((place, index) => [place, index]));
  const stepOf = (place: number): number | undefined => nodes[place]!.step;
  const isOnward = (from: number, to: number): boolean => {
    const [a, b] = [stepOf(from), stepOf(to)];
    return a !== undefined && b !== undefined && b > a;
  };
  const isReturn = (from: number, to: number): boolean => {
    const [a, b] = [stepOf(from), stepOf(to)];
    return a !== undefined && b !== undefined && b < a;
  };
  const forward = inside.filter(
    ({ from, to, isBackward }) => isOnward(from, to) || (!isBackward && !isReturn(from, to)),
  );
  const level = levels(
    members.length,
    forward.map(({ from, to }) => [local.get(from)!, local.get(to)!] as const),
  );
  const widest = Math.max(2, Math.ceil(Math.sqrt(members.length * 1.5)));
  const byLevel = new Map<number, number[]>();
  members.forEach((place, index) => {
    const row = byLevel.get(level[index]!);
    if (row === undefined) byLevel.set(level[index]!, [place]);
    else row.push(place);
  });
  const rows: number[][] = [];
  for (const [, row] of [...byLevel].sort(([a], [b]) => a - b))
    for (let start = 0; start < row.length; start += widest) rows.push(row.slice(start, start + widest));
  return rows;
}

/** Levels from the top; within one, circles side by side first, then lines of single services around and below them. */
function linesOf({ blocks }: FlowSystem, width: number): Line[] {
  const byLevel = new Map<number, Block[]>();
  for (const block of blocks) byLevel.set(block.level, [...(byLevel.get(block.level) ?? []), block]);
  const lines: Line[] = [];
  for (const [, level] of [...byLevel].sort(([a], [b]) => a - b)) {
    // A circle takes its width and a half column to each side.
    let shelf: Block[] = [];
    const singles = level.filter((block) => block.members.length === 1);
    const close = (): void => {
      const height = Math.max(1, ...shelf.map((block) => block.rows.length));
      const used = shelf.reduce((sum, block) => sum + block.width + 1, 0);
      const room = Math.max(0, Math.floor(width - used));
      for (let row = 0; row < height; row++) lines.push({ blocks: row === 0 ? shelf : [] });
      // The critical path first: it needs the middle of the first line.
      singles.sort((a, b) => Number(b.spine !== undefined) - Number(a.spine !== undefined));
      const first = lines.length - height;
      for (let row = 0; row < height && room > 0 && shelf.length > 0; row++)
        lines[first + row]!.blocks = [...lines[first + row]!.blocks, ...singles.splice(0, room)];
      shelf = [];
    };
    let used = 0;
    for (const block of level.filter((candidate) => candidate.members.length > 1)) {
      if (shelf.length > 0 && used + block.width + 1 > width) {
        close();
        used = 0;
      }
      shelf.push(block);
      used += block.width + 1;
    }
    if (shelf.length > 0) close();
    const lineCount = Math.ceil(singles.length / width);
    const perLine = Math.ceil(singles.length / Math.max(1, lineCount));
    singles.sort((a, b) => Number(b.spine !== undefined) - Number(a.spine !== undefined));
    for (let start = 0; start < singles.length; start += perLine)
      lines.push({ blocks: singles.slice(start, start + perLine) });
  }
  return lines;
}

function order(lines: readonly Line[], system: FlowSystem, width: number): void {
  const column = new Float64Array(system.nodes.length);
  const from = -Math.floor(width / 2);
  const to = from + width - 1;
  // To begin with, each line as it is, around the middle.
  for (const line of lines) {
    let left = -line.blocks.reduce((sum, block) => sum + block.width, 0) / 2;
    for (const block of line.blocks) {
      block.left = block.spine === undefined ? Math.round(left) : -block.spine;
      left += block.width;
      remember(block, column);
    }
  }
  const tallest = system.blocks.reduce((most, block) => Math.max(most, block.rows.length), 1);
  const isStep = lines.map((line) => line.blocks.some((block) => block.spine !== undefined));
  const [first, last] = [isStep.indexOf(true), isStep.lastIndexOf(true)];
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const indices = lines.map((_, index) => (sweep % 2 === 0 ? index : lines.length - 1 - index));
    for (const index of indices) {
      const line = lines[index]!;
      for (const block of line.blocks) if (block.members.length > 1) orderInside(block, system, column);
      const taken = takenIn(lines, index, tallest);
      // Nobody stands in the way of the path, nor does a circle reach down into it.
      const reach = index + Math.max(...line.blocks.map((block) => block.rows.length), 1) - 1;
      if (reach >= first && index <= last && !isStep[index]!) taken.push(0);
      setLine(line, taken, system, column, from, to);
    }
  }
}

/** Columns that circles from lines above take in this line, as pairs of first and last. */
function takenIn(lines: readonly Line[], index: number, tallest: number): number[] {
  const taken: number[] = [];
  for (let above = Math.max(0, index - tallest); above < index; above++)
    for (const block of lines[above]!.blocks)
      if (above + block.rows.length > index)
        for (let at = -0.5; at <= block.width - 0.5; at += 0.5) taken.push(block.left + at);
  return taken;
}

function setLine(
  line: Line,
  takenAbove: readonly number[],
  system: FlowSystem,
  column: Float64Array,
  from: number,
  to: number,
): void {
  const taken = [...takenAbove];
  const wish = new Map(line.blocks.map((block) => [block, wishOf(block, system, column)]));
  const byWish = (a: Block, b: Block): number => wish.get(a)! - wish.get(b)! || a.members[0]! - b.members[0]!;
  const take = (block: Block): void => {
    const margin = block.members.length > 1 ? 0.5 : 0;
    for (let at = -margin; at <= block.width - 1 + margin; at += 0.5) taken.push(block.left + at);
    remember(block, column);
  };
  const onPath = line.blocks.filter((block) => block.spine !== undefined);
  for (const block of onPath) {
    // The second step on one level, if there is one, stands beside the first.
    block.left = freeSpan(-block.spine!, block, taken);
    take(block);
  }
  const circles = line.blocks.filter((block) => block.spine === undefined && block.members.length > 1).sort(byWish);
  for (const block of circles) {
    block.left = freeSpan(Math.round(wish.get(block)! - (block.width - 1) / 2), block, taken);
    take(block);
  }
  const singles = line.blocks.filter((block) => block.spine === undefined && block.members.length === 1).sort(byWish);
  const slots = nearestSlots(
    singles.map((block) => wish.get(block)!),
    from,
    to,
    taken,
  );
  singles.forEach((block, place) => {
    block.left = slots[place]!;
    remember(block, column);
  });
}

/** The free stretch that is nearest to the wish. */
function freeSpan(wish: number, { width, members }: Block, taken: readonly number[]): number {
  const margin = members.length > 1 ? 1.5 : 1;
  const isFree = (left: number): boolean =>
    !taken.some((other) => other > left - margin && other < left + width - 1 + margin);
  for (let turn = 0; turn <= 8 * taken.length + 4; turn++) {
    const left = wish + ((turn % 2 === 1 ? 1 : -1) * Math.ceil(turn / 2)) / 2;
    if (isFree(left)) return left;
  }
  return Math.max(0, ...taken) + width + margin;
}

function wishOf(block: Block, { neighbours }: FlowSystem, column: Float64Array): number {
  let sum = 0;
  let count = 0;
  const own = new Set(block.members);
  for (const member of block.members)
    for (const other of neighbours[member]!)
      if (!own.has(other)) {
        sum += column[other]!;
        count++;
      }
  return count === 0 ? 0 : sum / count;
}

function orderInside(block: Block, { neighbours, nodes }: FlowSystem, column: Float64Array): void {
  const columns = new Map<number, number>();
  for (const row of block.rows) {
    const step = row.find((place) => nodes[place]!.step !== undefined);
    const rest = row
      .filter((place) => place !== step)
      .map((place) => {
        const around = neighbours[place]!;
        const mean = around.reduce((sum, other) => sum + column[other]!, 0) / Math.max(1, around.length);
        return { place, wish: mean - block.left };
      })
      .sort((a, b) => a.wish - b.wish || a.place - b.place);
    if (step !== undefined && block.spine !== undefined) columns.set(step, block.spine);
    const slots = nearestSlots(
      rest.map(({ wish }) => wish),
      0,
      block.width - 1,
      step === undefined || block.spine === undefined ? [] : [block.spine],
    );
    rest.forEach(({ place }, at) => columns.set(place, slots[at]!));
  }
  const isInside = [...columns.values()].every((at) => at <= block.width - 1);
  if (isInside) block.columns = columns;
  remember(block, column);
}

function remember(block: Block, column: Float64Array): void {
  for (const [place, at] of block.columns) column[place] = block.left + at;
}

function hullsOf(
  lines: readonly Line[],
  { nodes }: FlowSystem,
  boxes: ReadonlyMap<string, Box>,
  { rowGap, columnGap }: Metrics,
): Frame[] {
  const circles = lines.flatMap((line) => line.blocks).filter((block) => block.members.length > 1);
  return circles.map((block) => {
    const members = block.members.map((place) => nodes[place]!.id);
    const margin = Math.min(columnGap / 2 + 4, rowGap / 3);
    return {
      key: `circle ${members[0]!}`,
      name: `${members.length} in a circle`,
      kind: 'circle' as const,
      box: frameAround(members, boxes, margin, 0)!,
      members,
    };
  });
}

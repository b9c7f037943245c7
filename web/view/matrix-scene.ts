import { matrixOrder, type MatrixOrder } from '../layout/matrix.ts';
import type { DependencyMode } from '../../analyzer/model/analysis.ts';
import { linkKey, linksOf, type Lookup } from './lookup.ts';
import type { Overlays } from './session.ts';

/** The dependency structure matrix as plain data: row calls column. */
export interface MatrixScene extends MatrixOrder {
  readonly cells: readonly MatrixCell[];
  /** By `row * size + column`. */
  readonly cellAt: ReadonlyMap<number, MatrixCell>;
  /** Rows and columns of the CDE. */
  readonly fenced: readonly number[];
  /** Rows and columns on the critical path. */
  readonly critical: ReadonlySet<number>;
}

export interface MatrixCell {
  readonly row: number;
  readonly column: number;
  readonly caller: string;
  readonly callee: string;
  readonly mode: DependencyMode;
  readonly callCount: number;
  /** On the heaviest way. */
  readonly isStep: boolean;
  /** Below the diagonal: it closes a circle. */
  readonly closesCycle: boolean;
}

export function matrixScene(lookup: Lookup, overlays: Overlays, previous: readonly string[]): MatrixScene {
  const { services } = lookup.analysis;
  const links = linksOf(lookup.analysis);
  const order = matrixOrder(
    services.map(({ id }) => id),
    links.map(({ key, caller, callee }) => ({ caller, callee, isBackward: lookup.backward.has(key) })),
    previous,
  );
  const placeOf = new Map(order.ids.map((id, place) => [id, place]));
  const cells = links
    .filter((link) => overlays.async || link.mode !== 'async')
    .map((link): MatrixCell => {
      const [row, column] = [placeOf.get(link.caller)!, placeOf.get(link.callee)!];
      const { caller, callee, mode, callCount } = link;
      return {
        row,
        column,
        caller,
        callee,
        mode,
        callCount,
        isStep: overlays.path && lookup.stepLinks.has(linkKey(caller, callee)),
        closesCycle: overlays.cycles && column < row,
      };
    });
  const places = (isWanted: (id: string) => boolean): number[] =>
    order.ids.flatMap((id, place) => (isWanted(id) ? [place] : []));
  return {
    ...order,
    blocks: overlays.cycles ? order.blocks : [],
    cells,
    cellAt: new Map(cells.map((cell) => [cell.row * order.ids.length + cell.column, cell])),
    fenced: overlays.scope ? places((id) => lookup.services.get(id)?.pci.class === 'cde') : [],
    critical: new Set(overlays.path ? places((id) => lookup.steps.has(id)) : []),
  };
}

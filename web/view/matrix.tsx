import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { select } from 'd3-selection';
import { zoom as zoomBehaviour, zoomIdentity, type D3ZoomEvent } from 'd3-zoom';
import { useEffect, useRef } from 'preact/hooks';
import { fullCount, plainName } from './format.ts';
import { Legend } from './legend.tsx';
import { namedFrom, paintMatrix, type MatrixPlace, type MatrixView } from './matrix-paint.ts';
import { matrixScene, type MatrixScene } from './matrix-scene.ts';
import { palettes } from './palette.ts';
import { useSession } from './session.ts';
import { modeWords } from './words.ts';

const keySteps: Readonly<Record<string, readonly [rows: number, columns: number] | undefined>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};
/** Narrow cells are walked from call to call, not one by one. */
const mostCell = 40;

/** Dependency structure matrix: row calls column. Callers first, so what lies below the diagonal closes a circle. */
export function Matrix() {
  const session = useSession();
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSignal({ width: 0, height: 0 });
  /** As d3-zoom has it: the fitted matrix, moved and scaled. */
  const moved = useSignal({ x: 0, y: 0, k: 1 });
  const at = useSignal<MatrixPlace | undefined>(undefined);
  const turn = useSignal(0);
  const previous = useRef<readonly string[]>([]);
  const scene = useComputed(() => {
    const lookup = session.lookup.value;
    if (lookup === undefined || turn.value < 0) return undefined;
    const next = matrixScene(lookup, session.view.value.overlays, previous.current);
    previous.current = next.ids;
    return next;
  });
  const view = useComputed((): MatrixView | undefined => {
    const known = scene.value;
    if (known === undefined || size.value.width === 0) return undefined;
    return viewOf(known, size.value, moved.value);
  });

  useEffect(() => {
    const element = host.current!;
    const measure = (): void => {
      size.value = { width: element.clientWidth, height: element.clientHeight };
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    const behaviour = zoomBehaviour<HTMLDivElement, unknown>()
      .scaleExtent([1, 60])
      .clickDistance(4)
      .on('zoom', (event: D3ZoomEvent<HTMLDivElement, unknown>) => {
        moved.value = event.transform;
      });
    select(element).call(behaviour).on('dblclick.zoom', null);
    const whole = (): void => behaviour.transform(select(element), zoomIdentity);
    element.addEventListener('whole', whole);
    return () => {
      observer.disconnect();
      element.removeEventListener('whole', whole);
      select(element).on('.zoom', null);
    };
  }, []);

  useSignalEffect(() => {
    const [now, known, place] = [view.value, scene.value, at.value];
    const palette = palettes[session.theme.value];
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (element === null || now === undefined || known === undefined || !context) return;
    const [width, height] = [Math.round(now.width * now.pixelRatio), Math.round(now.height * now.pixelRatio)];
    if (element.width !== width || element.height !== height) [element.width, element.height] = [width, height];
    paintMatrix(context, known, palette, now, place);
  });

  const now = scene.value;
  if (now === undefined) return null;
  const open = (place: MatrixPlace): void => {
    const cell = now.cellAt.get(place.row * now.ids.length + place.column);
    if (cell !== undefined) session.select({ kind: 'dependency', caller: cell.caller, callee: cell.callee });
    else if (place.row === place.column) session.select({ kind: 'service', id: now.ids[place.row]! });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = keySteps[event.key];
    if (step !== undefined) {
      at.value = stepped(now, at.value ?? { row: 0, column: 0 }, step, event.shiftKey);
      session.announce(wordsOf(now, at.value));
    } else if (event.key === 'Enter' && at.value !== undefined) open(at.value);
    else if (event.key === '0') host.current?.dispatchEvent(new Event('whole'));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const placeOf = (event: MouseEvent): MatrixPlace | undefined => {
    const known = view.value;
    return known === undefined ? undefined : placeUnder(now, known, { x: event.offsetX, y: event.offsetY });
  };
  return (
    <section class="map" aria-label="Matrix">
      <div class="map-stage">
        <div
          class="map-ground matrix"
          ref={host}
          tabIndex={0}
          role="application"
          aria-label="Dependency matrix, row calls column. Arrow keys move by one, with Shift from call to call, Enter opens. The list of links holds the same."
          onPointerMove={(event) => {
            if (event.buttons === 0) at.value = placeOf(event);
          }}
          onPointerLeave={() => (at.value = undefined)}
          onClick={(event) => {
            const place = placeOf(event);
            if (place !== undefined) open(place);
          }}
          onKeyDown={onKeyDown}
        >
          <canvas ref={canvas} />
        </div>
        <p class="matrix-readout">
          {at.value === undefined ? (
            <>
              row calls column · ■ sync ○ event ▬ data · below the diagonal: closes a circle ·{' '}
              <b>{fullCount(now.cells.length)}</b> calls, <b>{fullCount(now.blocks.length)}</b>{' '}
              {now.blocks.length === 1 ? 'block' : 'blocks'}
            </>
          ) : (
            wordsOf(now, at.value)
          )}
        </p>
        <div class="map-tools">
          <button
            type="button"
            title="Whole matrix (0)"
            onClick={() => host.current?.dispatchEvent(new Event('whole'))}
          >
            Fit
          </button>
          <button
            type="button"
            title="Order anew: callers first, circles as blocks"
            onClick={() => {
              previous.current = [];
              turn.value++;
            }}
          >
            Re-arrange
          </button>
        </div>
      </div>
      <Legend />
    </section>
  );
}

function viewOf(
  scene: MatrixScene,
  { width, height }: { readonly width: number; readonly height: number },
  { x, y, k }: { readonly x: number; readonly y: number; readonly k: number },
): MatrixView {
  const isSmall = Math.min(width, height) - 150 < scene.ids.length * namedFrom;
  const gutter = width < 600 || isSmall ? 96 : 150;
  const room = Math.min(width - gutter - 16, height - gutter - 16);
  const fittedCell = Math.min(28, room / Math.max(1, scene.ids.length));
  const cell = Math.min(Math.max(mostCell, fittedCell), fittedCell * k);
  const scale = cell / fittedCell;
  // The zoom turns around the pointer, the matrix begins at the gutter: what the pointer is over stays there.
  return {
    x: gutter * scale + (x * scale) / k,
    y: gutter * scale + (y * scale) / k,
    cell,
    width,
    height,
    pixelRatio: devicePixelRatio,
    gutter,
  };
}

function placeUnder(
  scene: MatrixScene,
  { x, y, cell, gutter }: MatrixView,
  point: { readonly x: number; readonly y: number },
): MatrixPlace | undefined {
  const last = scene.ids.length - 1;
  const row = Math.floor((point.y - y) / cell);
  const column = Math.floor((point.x - x) / cell);
  const isRow = row >= 0 && row <= last && point.y >= gutter;
  const isColumn = column >= 0 && column <= last && point.x >= gutter;
  // Beside the matrix the names stand for the services themselves.
  if (isRow && point.x < gutter) return { row, column: row };
  if (isColumn && point.y < gutter) return { row: column, column };
  return isRow && isColumn ? nearestCell(scene, row, column, cell) : undefined;
}

/** Where cells are smaller than a fingertip, the nearest call within a few pixels. */
function nearestCell(scene: MatrixScene, row: number, column: number, cell: number): MatrixPlace {
  const size = scene.ids.length;
  const reach = cell >= 8 ? 0 : Math.min(12, Math.ceil(5 / cell));
  let best: { place: MatrixPlace; distance: number } | undefined;
  for (let r = Math.max(0, row - reach); r <= Math.min(size - 1, row + reach); r++)
    for (let c = Math.max(0, column - reach); c <= Math.min(size - 1, column + reach); c++) {
      const distance = Math.abs(r - row) + Math.abs(c - column);
      if (scene.cellAt.has(r * size + c) && (best === undefined || distance < best.distance))
        best = { place: { row: r, column: c }, distance };
    }
  return best?.place ?? { row, column };
}

/** One cell on, or with `toCall` on to the next call in that direction. */
function stepped(
  scene: MatrixScene,
  from: MatrixPlace,
  [rows, columns]: readonly [number, number],
  toCall: boolean,
): MatrixPlace {
  const size = scene.ids.length;
  const isInside = ({ row, column }: MatrixPlace): boolean => row >= 0 && row < size && column >= 0 && column < size;
  let next = { row: from.row + rows, column: from.column + columns };
  if (!toCall) return isInside(next) ? next : from;
  for (; isInside(next); next = { row: next.row + rows, column: next.column + columns })
    if (scene.cellAt.has(next.row * size + next.column)) return next;
  return from;
}

function wordsOf(scene: MatrixScene, { row, column }: MatrixPlace): string {
  const [caller, callee] = [plainName(scene.ids[row]!), plainName(scene.ids[column]!)];
  if (row === column) return caller;
  const cell = scene.cellAt.get(row * scene.ids.length + column);
  if (cell === undefined) return `${caller} → ${callee}: no calls seen`;
  const words = [modeWords[cell.mode], `${fullCount(cell.callCount)} calls`];
  if (cell.isStep) words.push('on the critical path');
  if (cell.closesCycle) words.push('closes a circle');
  return `${caller} → ${callee}: ${words.join(', ')}`;
}

import { SPAN_FLAG, SPAN_KIND } from '../model/span.ts';
import type { SpanTable } from '../model/span-table.ts';

/** Spans that bear one id and are not the same span. Rows stand for spans. */
export interface SpanForms {
  /** The calling half, or the first of several strangers. */
  readonly first: number;
  /** By service; of both halves of one service the answering one, under which its children lie. */
  readonly ofService: ReadonlyMap<string, number>;
}

export interface MergedSpans {
  /** Places that remain, ascending. */
  readonly kept: Uint32Array;
  /** By span id, where several spans remain under it. */
  readonly forms: ReadonlyMap<string, SpanForms>;
  /** Client half of a server half, by row. */
  readonly clientOf: ReadonlyMap<number, number>;
  /** Spans beyond the first that share an id without being halves of one call. */
  readonly collisionCount: number;
}

/**
 * Merges spans that bear one id. `rows[0 .. count)` are sorted; `kept` are the places in it that remain, ascending.
 *
 * - The same span twice (one id, service and side): exporters send again what they are not sure of, and some send a span once
 *   unfinished and once finished. The one with the latest end stays, and none without a kind beside one with a kind.
 * - Zipkin gives both sides of a call one id: the server half becomes a child of the client half.
 * - Two strangers with one id both stay; a child goes to the one of its own service.
 */
export function mergeSpans(table: SpanTable, rows: Uint32Array, count: number): MergedSpans {
  const rowsOfId = new Map<string, number[]>();
  const placeOfRow = new Map<number, number>();
  for (let place = 0; place < count; place++) {
    const row = rows[place]!;
    placeOfRow.set(row, place);
    const id = idOf(table.spanIds, row);
    const sameId = rowsOfId.get(id);
    if (sameId === undefined) rowsOfId.set(id, [row]);
    else sameId.push(row);
  }
  const kept = new Uint32Array(count);
  const forms = new Map<string, SpanForms>();
  const clientOf = new Map<number, number>();
  let keptCount = 0;
  let collisionCount = 0;
  for (const [id, sameId] of rowsOfId) {
    const distinct = sameId.length === 1 ? sameId : distinctForms(table, sameId);
    for (const row of distinct) kept[keptCount++] = placeOfRow.get(row)!;
    if (distinct.length === 1) continue;
    const first = distinct[0]!;
    const ofService = new Map<string, number>();
    for (const row of distinct) {
      ofService.set(serviceOf(table, row), row);
      if (row === first) continue;
      if (!isServerHalf(table, first) && isServerHalf(table, row)) clientOf.set(row, first);
      else collisionCount++;
    }
    forms.set(id, { first, ofService });
  }
  return { kept: kept.subarray(0, keptCount).sort(), forms, clientOf, collisionCount };
}

/** Row of the span that `row` lies under, where several bear its parent's id; undefined where at most one does. */
export function parentForm(table: SpanTable, forms: MergedSpans['forms'], row: number): number | undefined {
  const candidates = forms.get(idOf(table.parentIds, row));
  return candidates?.ofService.get(serviceOf(table, row)) ?? candidates?.first;
}

/** Order of spans with equal ids and times: callers first, then by service and kind, then by whatever tells them apart. */
export function compareForms(table: SpanTable, row: number, other: number): number {
  return (
    Number(isServerHalf(table, row)) - Number(isServerHalf(table, other)) ||
    compareTexts(serviceOf(table, row), serviceOf(table, other)) ||
    table.kinds[other]! - table.kinds[row]! ||
    table.statuses[other]! - table.statuses[row]! ||
    (isSameContent(table, row, other) ? 0 : compareTexts(contentOf(table, row), contentOf(table, other)))
  );
}

/** The best of each service and side, callers first. */
function distinctForms(table: SpanTable, rows: readonly number[]): number[] {
  const best = new Map<string, number>();
  const offer = (form: string, row: number): void => {
    const known = best.get(form);
    if (known === undefined || isBetter(table, row, known)) best.set(form, row);
  };
  for (const row of rows) {
    if (hasSide(table, row)) offer(`${isServerHalf(table, row) ? 'server' : 'client'} ${serviceOf(table, row)}`, row);
  }
  for (const row of rows) {
    if (hasSide(table, row)) continue;
    // Zipkin's older tracers report a span in parts, and not every part says which side it is of.
    const service = serviceOf(table, row);
    if (!best.has(`server ${service}`) && !best.has(`client ${service}`)) offer(`unknown ${service}`, row);
  }
  return [...best.values()].sort((a, b) => compareForms(table, a, b) || a - b);
}

function hasSide(table: SpanTable, row: number): boolean {
  return table.kinds[row] !== SPAN_KIND.unspecified || (table.flags[row]! & SPAN_FLAG.shared) !== 0;
}

function isBetter(table: SpanTable, row: number, other: number): boolean {
  const order =
    table.endUs[other]! - table.endUs[row]! ||
    table.startUs[row]! - table.startUs[other]! ||
    compareForms(table, row, other);
  return order < 0;
}

function isServerHalf(table: SpanTable, row: number): boolean {
  const kind = table.kinds[row];
  return kind === SPAN_KIND.server || kind === SPAN_KIND.consumer || (table.flags[row]! & SPAN_FLAG.shared) !== 0;
}

function serviceOf(table: SpanTable, row: number): string {
  const { namespace, service } = table.resource(row);
  return namespace === undefined ? service : `${namespace}/${service}`;
}

function idOf(ids: Uint32Array, row: number): string {
  return `${ids[row * 2]!} ${ids[row * 2 + 1]!}`;
}

/** Quick look at what mostly decides: a span sent twice is equal in every column. */
function isSameContent(table: SpanTable, row: number, other: number): boolean {
  const at = table.attributeStarts[row]!;
  const to = table.attributeStarts[other]!;
  const length = table.attributeStarts[row + 1]! - at;
  if (
    table.names[row] !== table.names[other] ||
    table.resources[row] !== table.resources[other] ||
    table.flags[row] !== table.flags[other] ||
    (table.flags[row]! & (SPAN_FLAG.hasLinks | SPAN_FLAG.hasCardEvidence)) !== 0 ||
    table.parentIds[row * 2] !== table.parentIds[other * 2] ||
    table.parentIds[row * 2 + 1] !== table.parentIds[other * 2 + 1] ||
    table.attributeStarts[other + 1]! - to !== length
  ) {
    return false;
  }
  for (let place = 0; place < length; place++) {
    if (table.attributeKeys[at + place] !== table.attributeKeys[to + place]) return false;
    if (table.attributeValues[at + place] !== table.attributeValues[to + place]) return false;
  }
  return true;
}

function contentOf(table: SpanTable, row: number): string {
  const { attributes, ...span } = table.span(row);
  return JSON.stringify([span, Object.entries(attributes).sort(([a], [b]) => compareTexts(a, b))]);
}

function compareTexts(text: string, other: string): number {
  return text < other ? -1 : text > other ? 1 : 0;
}

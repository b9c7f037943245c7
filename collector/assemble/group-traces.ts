import { SpanTable } from '../../analyzer/model/span-table.ts';
import { TraceIdIndex } from '../../analyzer/model/trace-id-index.ts';

/**
 * The traces of a whole input, for files: one dense table after the other, in the order of their trace ids, rows in the
 * order they have in the input. The table is reused: it holds the next trace after the next step.
 */
export function* groupTraces(table: SpanTable): Generator<SpanTable, void, undefined> {
  const { slots, ids, traceCount } = slotPerRow(table);
  const { starts, rows } = rowsBySlot(slots, traceCount);
  const trace = new SpanTable(table.dictionary);
  for (const slot of slotsById(ids, traceCount)) {
    trace.truncate(0);
    const end = starts[slot + 1]!;
    for (let at = starts[slot]!; at < end;) {
      let runEnd = at + 1;
      while (runEnd < end && rows[runEnd] === rows[runEnd - 1]! + 1) runEnd++;
      // Files mostly hold a trace in one piece, which is copied by columns.
      if (runEnd - at > 4) trace.appendRows(table, rows[at]!, rows[runEnd - 1]! + 1);
      else for (let row = at; row < runEnd; row++) trace.appendRow(table, rows[row]!);
      at = runEnd;
    }
    yield trace;
  }
}

function slotPerRow(table: SpanTable): { slots: Uint32Array; ids: Uint32Array; traceCount: number } {
  const index = new TraceIdIndex(0x2545f491);
  const slots = new Uint32Array(table.count);
  for (let row = 0; row < table.count; row++) slots[row] = index.findOrAdd(table.traceIds, row * 4);
  return { slots, ids: index.ids, traceCount: index.size };
}

/** Counting sort: slot `s` has `rows[starts[s], starts[s + 1])`. */
function rowsBySlot(slots: Uint32Array, traceCount: number): { starts: Uint32Array; rows: Uint32Array } {
  const starts = new Uint32Array(traceCount + 1);
  for (const slot of slots) starts[slot + 1]!++;
  for (let slot = 0; slot < traceCount; slot++) starts[slot + 1]! += starts[slot]!;
  const ends = starts.slice(0, traceCount);
  const rows = new Uint32Array(slots.length);
  for (let row = 0; row < slots.length; row++) rows[ends[slots[row]!]!++] = row;
  return { starts, rows };
}

function slotsById(ids: Uint32Array, traceCount: number): Uint32Array {
  return Uint32Array.from({ length: traceCount }, (_, slot) => slot).sort((left, right) => {
    for (let word = 0; word < 4; word++) {
      const difference = ids[left * 4 + word]! - ids[right * 4 + word]!;
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

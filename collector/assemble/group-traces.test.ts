import fc from 'fast-check';
import { expect, it } from 'vitest';

import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { groupTraces } from './group-traces.ts';

it('yields each trace once, by id, rows in the order of the input', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 80 }), (traceNumbers) => {
      const table = new SpanTable(createDictionary());
      const expected = new Map<string, string[]>();
      for (const [number, trace] of traceNumbers.entries()) {
        const traceId = (trace * 0x10000000 + 1).toString(16).padStart(32, '0');
        table.addSpan({
          traceId,
          spanId: (number + 1).toString(16),
          resource: { service: 'droplets' },
          name: `operation-${number}`,
          attributes: { 'http.route': `/${number}` },
        });
        expected.set(traceId, [...(expected.get(traceId) ?? []), `operation-${number} /${number}`]);
      }
      const traces = Array.from(groupTraces(table), (trace): [string, string[]] => [
        trace.traceId(0),
        Array.from({ length: trace.count }, (_, row) => {
          expect(trace.traceId(row)).toBe(trace.traceId(0));
          const { name, attributes } = trace.span(row);
          return `${name} ${attributes['http.route']}`;
        }),
      ]);
      expect(traces).toEqual([...expected].sort(([left], [right]) => (left < right ? -1 : 1)));
    }),
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { CARD_BRANDS, CARD_STRENGTHS, type Span, SPAN_KIND_NAMES } from '../../analyzer/model/span.ts';
import { DamagedBytesError } from './byte-reader.ts';
import { decodeRows, RowEncoder } from './row-codec.ts';

const hex = (length: number) =>
  fc.string({ unit: fc.nat(15).map((digit) => digit.toString(16)), minLength: length, maxLength: length });
const text = fc.oneof(fc.constant(''), fc.string({ unit: 'grapheme' }), fc.constantFrom('__proto__', 'constructor'));
const timeUs = fc.oneof(fc.nat(1e9), fc.integer({ min: 1.7e15, max: 1.8e15 }), fc.double({ noNaN: true }));

const resources = fc.record(
  { service: text, namespace: text, environment: text, host: text, pciScope: text },
  { requiredKeys: ['service'] },
);

const spans: fc.Arbitrary<Partial<Span> & Pick<Span, 'traceId' | 'spanId' | 'resource'>> = fc.record(
  {
    traceId: hex(32),
    spanId: hex(16),
    parentSpanId: hex(16),
    resource: resources,
    name: text,
    kind: fc.constantFrom(...SPAN_KIND_NAMES),
    startUs: timeUs,
    endUs: timeUs,
    status: fc.nat(2),
    flags: fc.nat(7),
    attributes: fc.record({ 'http.route': text, 'peer.service': text, 'sampler.param': text }, { requiredKeys: [] }),
    links: fc.array(fc.record({ traceId: hex(32), spanId: hex(16) }), { maxLength: 3 }),
    cardEvidence: fc.array(
      fc.record({
        place: text,
        brand: fc.constantFrom(...CARD_BRANDS),
        strength: fc.constantFrom(...CARD_STRENGTHS),
      }),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: ['traceId', 'spanId', 'resource'] },
);

function spansOf(table: SpanTable, from = 0): Span[] {
  return Array.from({ length: table.count - from }, (_, at) => table.span(from + at));
}

describe('rows as bytes', () => {
  it('read back into any table as what they were', () => {
    const encoder = new RowEncoder();
    fc.assert(
      fc.property(fc.array(spans, { maxLength: 20 }), fc.nat(20), fc.nat(20), (all, left, right) => {
        const table = new SpanTable(createDictionary());
        for (const span of all) table.addSpan(span);
        const [from, to] = [left, right].map((at) => Math.min(at, all.length)).sort((a, b) => a - b) as [
          number,
          number,
        ];
        const other = new SpanTable(createDictionary(7), 1);
        other.addSpan({ traceId: '1', spanId: '1', resource: { service: 'before' }, name: 'before' });

        expect(decodeRows(encoder.encode(table, from, to), other)).toBe(to - from);
        expect(spansOf(other, 1)).toEqual(spansOf(table).slice(from, to));
      }),
      { numRuns: 300 },
    );
  });

  it('take about 60 bytes a span with four attributes', () => {
    const table = new SpanTable(createDictionary());
    for (let number = 0; number < 500; number++) {
      table.addSpan({
        traceId: (number % 20).toString(16).padStart(32, 'f'),
        spanId: number.toString(16).padStart(16, 'f'),
        parentSpanId: 'abababababababab',
        resource: { service: `service-${number % 5}` },
        name: `operation-${number % 30}`,
        startUs: 1.79e15 + number,
        endUs: 1.79e15 + number * 40,
        attributes: {
          'http.request.method': 'GET',
          'http.response.status_code': '200',
          'http.route': '/v2/droplets/:id',
          'server.address': 'droplets.internal',
        },
      });
    }
    expect(new RowEncoder().encode(table, 0, 500).length / 500).toBeLessThan(66);
  });

  it('that make no sense are refused, and leave the table as it was', () => {
    const encoder = new RowEncoder();
    fc.assert(
      fc.property(fc.array(spans, { minLength: 1, maxLength: 6 }), fc.nat(), fc.nat(255), (all, place, byte) => {
        const table = new SpanTable(createDictionary());
        for (const span of all) table.addSpan(span);
        const bytes = encoder.encode(table, 0, all.length);
        bytes[place % bytes.length] = byte;
        const other = new SpanTable(createDictionary());
        try {
          decodeRows(bytes, other);
          for (const span of spansOf(other)) expect(span.resource.service).toBeTypeOf('string');
        } catch (error) {
          expect(error).toBeInstanceOf(DamagedBytesError);
          expect([other.count, other.linkCount, other.evidenceCount]).toEqual([0, 0, 0]);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('that end too early are refused', () => {
    const table = new SpanTable(createDictionary());
    table.addSpan({ traceId: '1', spanId: '2', resource: { service: 'droplets' }, name: 'resize' });
    const bytes = new RowEncoder().encode(table, 0, 1);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeRows(bytes.subarray(0, length), table)).toThrow(DamagedBytesError);
    }
    expect(table.count).toBe(1);
  });
});

import { describe, expect, it } from 'vitest';
import { conclude } from '../../analyzer/analyze.ts';
import type { Analysis } from '../../analyzer/model/analysis.ts';
import { EMPTY_POLICY } from '../../analyzer/model/policy.ts';
import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { RollupBuilder } from '../../analyzer/rollup/rollup-builder.ts';
import { CHECKOUT } from '../../fixtures/checkout.ts';
import { EVERY_FORMAT, tempoJson } from '../../fixtures/every-format.ts';
import { decode, DECODERS } from './index.ts';

const SERVICES = [
  'database:cards@db.internal:5432',
  'destination:kafka/orders.paid',
  'external:mail.example',
  'store/mailer',
  'store/payments',
  'store/shop',
];
/** Mode, calls, errors. */
const EDGES = [
  'destination:kafka/orders.paid -> store/mailer async 1/0',
  'store/mailer -> external:mail.example sync 1/1',
  'store/payments -> database:cards@db.internal:5432 data 1/0',
  'store/payments -> store/shop sync 1/0',
  'store/shop -> destination:kafka/orders.paid async 1/0',
  'store/shop -> store/payments sync 1/1',
];

describe('one trace in every format', () => {
  const expected = analysisOf([EVERY_FORMAT['otlp-protobuf'](CHECKOUT)[0]!]);

  it('is the graph that it shows', () => {
    expect(expected.services.map(({ id }) => id)).toEqual(SERVICES);
    expect(edgesOf(expected)).toEqual(EDGES);
    expect(expected.cycles.map(({ services }) => services)).toEqual([['store/payments', 'store/shop']]);
    expect(JSON.stringify(expected)).not.toMatch(/4111|4444/);
  });

  it.each(Object.keys(DECODERS) as (keyof typeof DECODERS)[])('%s: recognised, and the same analysis', (format) => {
    const documents = EVERY_FORMAT[format](CHECKOUT);
    for (const bytes of documents) expect(decode(bytes, new SpanTable(createDictionary())).format).toBe(format);
    expect(analysisOf(documents)).toEqual(expected);
  });

  it('Tempo’s JSON: the same analysis', () => {
    expect(analysisOf([tempoJson(CHECKOUT)])).toEqual(expected);
  });
});

function analysisOf(documents: readonly Uint8Array[]): Analysis {
  const table = new SpanTable(createDictionary());
  for (const bytes of documents) expect(decode(bytes, table)).toMatchObject({ rejectedCount: 0, problems: [] });
  const builder = new RollupBuilder(table.dictionary);
  builder.observe(table);
  const analysis = conclude(builder.finish(), EMPTY_POLICY);
  // Zipkin has one place for all that an event says.
  return JSON.parse(JSON.stringify(analysis).replaceAll('in annotation of', 'in pan of')) as Analysis;
}

function edgesOf({ dependencies }: Analysis): string[] {
  return dependencies.map(
    ({ caller, callee, mode, callCount, errorCount }) => `${caller} -> ${callee} ${mode} ${callCount}/${errorCount}`,
  );
}

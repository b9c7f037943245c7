import { describe, expect, it } from 'vitest';
import { conclude } from '../../analyzer/analyze.ts';
import type { Analysis } from '../../analyzer/model/analysis.ts';
import { EMPTY_POLICY } from '../../analyzer/model/policy.ts';
import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { RollupBuilder } from '../../analyzer/rollup/rollup-builder.ts';
import { EVERY_FORMAT, tempoJson } from '../../fixtures/every-format.ts';
import type { OtlpAttribute, OtlpRequest, OtlpSpan } from '../../fixtures/otlp.ts';
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

const KIND = { server: 2, client: 3, producer: 4, consumer: 5 } as const;

/**
 * ```
 * shop      server   post /checkout   0 ─────────────────────────────────────── 100
 * shop        client   post               10 ─────────────────────── 60                 to payments
 * payments      server   post /pay          12 ─────────────────── 58                   error, a card number in it
 * payments        client   select               20 ── 30                                to a database
 * payments        client   get                          32 ─── 50                       back to shop: a circle
 * shop              server   get /price                    34 ─ 48
 * shop        producer publish orders.paid                            62 64             to a topic
 * mailer        consumer process orders.paid                               70 ─────────────────── 130
 * mailer          client   post                                              75 ──── 110             to mail.example, error
 * ```
 */
const REQUEST: OtlpRequest = {
  resourceSpans: [
    service('shop', [
      span(1, undefined, KIND.server, 'post /checkout', 0, 100, {
        'http.request.method': 'POST',
        'http.route': '/checkout',
      }),
      span(2, 1, KIND.client, 'post', 10, 60, { 'http.request.method': 'POST', 'server.address': 'payments' }),
      span(6, 5, KIND.server, 'get /price', 34, 48, { 'http.request.method': 'GET', 'http.route': '/price' }),
      span(7, 1, KIND.producer, 'publish orders.paid', 62, 64, {
        'messaging.system': 'kafka',
        'messaging.destination.name': 'orders.paid',
      }),
    ]),
    service('payments', [
      {
        ...span(3, 2, KIND.server, 'post /pay', 12, 58, {
          'http.request.method': 'POST',
          'http.route': '/pay',
          'http.response.status_code': 500,
          'payment.note': 'card 4111 1111 1111 1111',
        }),
        status: { code: 2, message: 'declined' },
        events: [{ timeUnixNano: at(57), name: 'declined', attributes: [attribute('pan', '5555555555554444')] }],
      },
      span(4, 3, KIND.client, 'select', 20, 30, {
        'db.system.name': 'postgresql',
        'db.namespace': 'cards',
        'server.address': 'db.internal',
        'server.port': 5432,
      }),
      span(5, 3, KIND.client, 'get', 32, 50, { 'http.request.method': 'GET', 'server.address': 'shop' }),
    ]),
    service('mailer', [
      span(8, 7, KIND.consumer, 'process orders.paid', 70, 130, {
        'messaging.system': 'kafka',
        'messaging.destination.name': 'orders.paid',
      }),
      {
        ...span(9, 8, KIND.client, 'post', 75, 110, {
          'http.request.method': 'POST',
          'server.address': 'mail.example',
        }),
        status: { code: 2 },
      },
    ]),
  ],
};

describe('one trace in every format', () => {
  const expected = analysisOf([EVERY_FORMAT['otlp-protobuf'](REQUEST)[0]!]);

  it('is the graph that it shows', () => {
    expect(expected.services.map(({ id }) => id)).toEqual(SERVICES);
    expect(edgesOf(expected)).toEqual(EDGES);
    expect(expected.cycles.map(({ services }) => services)).toEqual([['store/payments', 'store/shop']]);
    expect(JSON.stringify(expected)).not.toMatch(/4111|4444/);
  });

  it.each(Object.keys(DECODERS) as (keyof typeof DECODERS)[])('%s: recognised, and the same analysis', (format) => {
    const documents = EVERY_FORMAT[format](REQUEST);
    for (const bytes of documents) expect(decode(bytes, new SpanTable(createDictionary())).format).toBe(format);
    expect(analysisOf(documents)).toEqual(expected);
  });

  it('Tempo’s JSON: the same analysis', () => {
    expect(analysisOf([tempoJson(REQUEST)])).toEqual(expected);
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

function service(name: string, spans: readonly OtlpSpan[]) {
  const attributes = {
    'service.name': name,
    'service.namespace': 'store',
    'deployment.environment.name': 'production',
  };
  return {
    resource: { attributes: Object.entries(attributes).map(([key, value]) => attribute(key, value)) },
    scopeSpans: [{ spans }],
  };
}

function span(
  id: number,
  parent: number | undefined,
  kind: number,
  name: string,
  startMs: number,
  endMs: number,
  attributes: Readonly<Record<string, string | number>>,
): OtlpSpan {
  return {
    traceId: 'c0ffee'.padStart(32, '1'),
    spanId: String(id).padStart(16, 'a'),
    ...(parent === undefined ? {} : { parentSpanId: String(parent).padStart(16, 'a') }),
    kind,
    name,
    startTimeUnixNano: at(startMs),
    endTimeUnixNano: at(endMs),
    attributes: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
  };
}

function attribute(key: string, value: string | number): OtlpAttribute {
  return { key, value: typeof value === 'string' ? { stringValue: value } : { intValue: BigInt(value) } };
}

function at(ms: number): bigint {
  return 1_763_800_000_000_000_000n + BigInt(ms) * 1_000_000n;
}

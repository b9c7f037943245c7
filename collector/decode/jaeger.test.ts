import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { SPAN_FLAG, SPAN_STATUS, type Span } from '../../analyzer/model/span.ts';
import { encodeUtf8 } from '../../analyzer/model/string-table.ts';
import { type Decoded, MalformedInputError } from './contract.ts';
import { decodeJaeger } from './jaeger.ts';

const IDS = { traceID: 'a', spanID: 'b' };
const SPAN = { ...IDS, operationName: 'Pay', startTime: 100, duration: 7, processID: 'p1' };
const PROCESSES = { p1: { serviceName: 'shop', tags: [] } };

function tag(key: string, value: unknown, type = 'string') {
  return { key, type, value };
}

function reference(refType: string, spanID: string, traceID = 'a') {
  return { refType, traceID, spanID };
}

describe('decodeJaeger', () => {
  it('reads a span with everything in it', () => {
    const { spans } = read({
      data: [
        {
          traceID: '463ac35c9f6413ad48485a3953bb6124',
          spans: [
            {
              traceID: '463ac35c9f6413ad48485a3953bb6124',
              spanID: '5b4185666d50f68b',
              flags: 1,
              operationName: 'Get /Pay',
              references: [reference('CHILD_OF', '6B221D5BC9E6496C', '463ac35c9f6413ad48485a3953bb6124')],
              startTime: 1472470996199000,
              duration: 207000,
              tags: [
                tag('span.kind', 'client'),
                tag('http.status_code', 500, 'int64'),
                tag('error', true, 'bool'),
                tag('sampler.type', 'probabilistic'),
                tag('sampler.param', 0.25, 'float64'),
                tag('internal.span.format', 'proto'),
              ],
              logs: [{ timestamp: 1, fields: [tag('event', 'retry')] }],
              processID: 'p1',
              warnings: null,
            },
          ],
          processes: {
            p1: {
              serviceName: 'Shop',
              tags: [
                tag('ip', '10.0.0.1'),
                tag('hostname', 'shop-1'),
                tag('service.namespace', 'eu'),
                tag('pci.scope', 'cde'),
              ],
            },
          },
        },
      ],
    });
    expect(spans).toEqual([
      {
        traceId: '463ac35c9f6413ad48485a3953bb6124',
        parentSpanId: '6b221d5bc9e6496c',
        spanId: '5b4185666d50f68b',
        kind: 'client',
        name: 'Get /Pay',
        startUs: 1472470996199000,
        endUs: 1472470996406000,
        resource: { service: 'Shop', host: 'shop-1', namespace: 'eu', pciScope: 'cde' },
        status: SPAN_STATUS.error,
        flags: 0,
        attributes: {
          'http.response.status_code': '500',
          error: 'true',
          'sampler.type': 'probabilistic',
          'sampler.param': '0.25',
        },
        links: [],
        cardEvidence: [],
      },
    ]);
  });

  const trace = { traceID: 'a', spans: [SPAN], processes: PROCESSES };
  it.each<[string, unknown, number]>([
    ['an answer with a list', { data: [trace, trace] }, 2],
    ['an answer with one trace', { data: trace }, 1],
    ['an answer without traces', { data: [] }, 0],
    ['a bare trace', trace, 1],
    ['a bare list', [trace], 1],
    ['a bare span with its process', [{ ...SPAN, process: PROCESSES.p1 }], 1],
  ])('reads %s', (_, document, spanCount) => {
    const { decoded, spans } = read(document);
    expect(decoded).toEqual({ spanCount, rejectedCount: 0, problems: [] });
    for (const span of spans) expect(span).toMatchObject({ name: 'Pay', startUs: 100, resource: { service: 'shop' } });
  });

  it.each<[string, object, Partial<Span>]>([
    ['no start', { startTime: undefined }, { flags: SPAN_FLAG.noTime, startUs: 0, endUs: 0 }],
    ['a negative duration', { duration: -3 }, { flags: SPAN_FLAG.endBeforeStart, startUs: 100, endUs: 100 }],
    ['the trace id of its trace', { traceID: undefined }, { traceId: 'a'.padStart(32, '0') }],
    [
      'a process of its own',
      { processID: undefined, process: { serviceName: 'own' } },
      { resource: { service: 'own' } },
    ],
    ['the status of OpenTelemetry', { tags: [tag('otel.status_code', 'ERROR')] }, { status: SPAN_STATUS.error }],
    ['an error tag that says no', { tags: [tag('error', false, 'bool')] }, { status: SPAN_STATUS.unset }],
    ['a parent from before references', { parentSpanID: 'c' }, { parentSpanId: 'c'.padStart(16, '0') }],
    ['no parent where it is zeros', { parentSpanID: '0000000000000000' }, { flags: 0 }],
    [
      'itself as parent, which is dropped',
      { references: [reference('CHILD_OF', 'b')] },
      { flags: SPAN_FLAG.selfParent },
    ],
    ['tags of no use', { tags: [tag('a', null), { value: 1 }, 7, null, tag('b', { c: 1 })] }, { attributes: {} }],
  ])('reads %s', (_, fields, expected) => {
    const { decoded, spans } = read({ ...trace, spans: [{ ...SPAN, ...fields }] });
    expect(decoded).toEqual({ spanCount: 1, rejectedCount: 0, problems: [] });
    expect(spans[0]).toMatchObject(expected);
  });

  const parent = { parentSpanId: 'c'.padStart(16, '0') };
  const noLinks = { links: [] };
  const link = (traceId: string, spanId: string) => ({
    traceId: traceId.padStart(32, '0'),
    spanId: spanId.padStart(16, '0'),
  });
  it.each<[string, readonly object[], Partial<Span>]>([
    ['child of', [reference('CHILD_OF', 'c')], { ...parent, ...noLinks, flags: 0 }],
    ['follows from', [reference('FOLLOWS_FROM', 'c')], { ...parent, ...noLinks, flags: SPAN_FLAG.followsFrom }],
    [
      'both: the one that waits is the parent',
      [reference('FOLLOWS_FROM', 'd'), reference('CHILD_OF', 'c')],
      { ...parent, links: [link('a', 'd')] },
    ],
    ['two parents', [reference('CHILD_OF', 'c'), reference('CHILD_OF', 'd')], { ...parent, links: [link('a', 'd')] }],
    ['another trace', [reference('CHILD_OF', 'c', 'ff')], { links: [link('ff', 'c')], flags: SPAN_FLAG.hasLinks }],
    ['the parent twice', [reference('CHILD_OF', 'c'), reference('FOLLOWS_FROM', 'c')], { ...parent, ...noLinks }],
    ['an unknown word', [reference('MAYBE', 'c')], { links: [link('a', 'c')] }],
    [
      'a copy of the parent',
      [{ ...reference('CHILD_OF', 'c'), span: { ...SPAN, spanID: 'c', operationName: 'copy' } }],
      { ...parent, ...noLinks },
    ],
  ])('reads references: %s', (_, references, expected) => {
    const { spans } = read({ ...trace, spans: [{ ...SPAN, references }] });
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject(expected);
  });

  it('keeps nothing of one span for the next', () => {
    const first = { ...SPAN, references: [reference('FOLLOWS_FROM', 'c'), reference('CHILD_OF', 'd', 'ff')] };
    const { spans } = read({
      ...trace,
      spans: [{ ...first, tags: [tag('error', true), tag('span.kind', 'client')] }, SPAN],
    });
    expect(spans[1]).toMatchObject({ kind: 'unspecified', status: 0, flags: 0, links: [], attributes: {} });
    expect(spans[1]?.attributes).toEqual({});
    expect(spans[1]?.parentSpanId).toBeUndefined();
  });

  it('keeps as many links as an SDK would, and says so', () => {
    const references = Array.from({ length: 200 }, (_, index) => reference('CHILD_OF', `${index + 1}`, 'ff'));
    const { spans, decoded } = read({ ...trace, spans: [{ ...SPAN, references }] });
    expect(spans[0]?.links).toHaveLength(128);
    expect(decoded.problems.map(({ kind }) => kind)).toEqual(['dropped-links']);
  });

  it.each<[unknown, string]>([
    [7, 'data[0].spans[1]: not an object'],
    [{ ...SPAN, spanID: undefined }, 'data[0].spans[1]: spanID is not 1 to 16 hex digits, not all zero'],
    [{ ...SPAN, spanID: '0' }, 'data[0].spans[1]: spanID is not 1 to 16 hex digits, not all zero'],
    [{ ...SPAN, traceID: '4111 1111' }, 'data[0].spans[1]: traceID is not 1 to 32 hex digits, not all zero'],
  ])('refuses %j, says where, and keeps the others', (span, message) => {
    const { decoded } = read({ data: [{ ...trace, spans: [SPAN, span, SPAN] }] });
    expect(decoded).toEqual({
      spanCount: 2,
      rejectedCount: 1,
      problems: [{ kind: 'rejected-span', message, count: 1 }],
    });
  });

  it('reads on after a trace that is none', () => {
    const { decoded } = read([null, { traceID: 'a' }, trace]);
    expect(decoded.spanCount).toBe(1);
    expect(decoded.problems.map(({ message }) => message)).toEqual(['[0]: not a trace', '[1]: a trace without spans']);
  });

  it.each(['constructor', '__proto__', 'absent', 7])(
    'a process called %s that is not described is missing',
    (processID) => {
      const { decoded, spans } = read({ ...trace, spans: [{ ...SPAN, processID }] });
      expect(spans[0]?.resource).toEqual({ service: 'unknown_service' });
      expect(decoded.problems).toMatchObject([{ kind: 'missing-process', count: 1 }]);
    },
  );

  it('leaves out a reference without usable ids', () => {
    const { decoded, spans } = read({ ...trace, spans: [{ ...SPAN, references: [{ refType: 'CHILD_OF' }, null] }] });
    expect(spans).toHaveLength(1);
    expect(decoded.problems).toMatchObject([{ kind: 'bad-reference', count: 2 }]);
  });

  it.each(['', '7', 'null', '{"data":null}', '{"data":"x"}', '{"data":[{]}'])('throws for %j', (text) => {
    expect(() => readText(text)).toThrow(MalformedInputError);
  });

  it('keeps no card number, and says where one stood, for each span of a process that has one', () => {
    const card = '5555555555554444';
    const { table } = read({
      traceID: 'a',
      spans: [
        {
          ...SPAN,
          operationName: `pay ${card}`,
          tags: [tag('payment.note', card), tag('number', Number(card), 'int64')],
          logs: [{ fields: [tag('message', `declined ${card}`)] }],
          warnings: [card],
        },
        SPAN,
      ],
      processes: { p1: { serviceName: 'shop', tags: [tag('hostname', card)] } },
    });
    const strings = Array.from({ length: table.dictionary.strings.size }, (_, id) => table.dictionary.strings.text(id));
    expect([...strings, JSON.stringify(table.resource(0))].filter((text) => text.includes('4444'))).toEqual([]);
    const places = (row: number) => table.cardEvidence(row).map(({ place }) => place);
    expect(places(0).sort()).toEqual(['hostname', 'message', 'number', 'payment.note', 'span name', 'warning']);
    expect(places(1)).toEqual(['hostname']);
  });

  it.each([
    ['jaeger-ride-sharing', 4, ['load-generator', 'ride-sharing-app'], 3],
    [
      'jaeger-genai-agents',
      57,
      [
        'api-edge',
        'auth-service',
        'coding-agent',
        'graphql-gateway',
        'k8s-api',
        'mcp-gateway',
        'metrics-backend',
        'summarizer-agent',
        'trace-store',
        'vector-store',
      ],
      56,
    ],
    ['jaeger-references', 5, ['service-x', 'service-y'], 3],
  ])('%s: %i spans of %j, %i with a parent', (name, spanCount, services, childCount) => {
    const { decoded, spans } = readText(
      readFileSync(new URL(`../../fixtures/cases/${name}/traces.json`, import.meta.url), 'utf8'),
    );
    expect(decoded).toEqual({ spanCount, rejectedCount: 0, problems: [] });
    expect([...new Set(spans.map(({ resource }) => resource.service))].sort()).toEqual(services);
    expect(spans.filter(({ parentSpanId }) => parentSpanId !== undefined)).toHaveLength(childCount);
  });
});

interface Reading {
  readonly table: SpanTable;
  readonly decoded: Decoded;
  readonly spans: readonly Span[];
}

function readText(text: string): Reading {
  const table = new SpanTable(createDictionary());
  const decoded = decodeJaeger(encodeUtf8(text), table);
  return { table, decoded, spans: Array.from({ length: table.count }, (_, row) => table.span(row)) };
}

function read(document: unknown): Reading {
  return readText(JSON.stringify(document));
}

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { SPAN_FLAG, SPAN_STATUS, type Span } from '../../analyzer/model/span.ts';
import { encodeUtf8 } from '../../analyzer/model/string-table.ts';
import { type Decoded, type Decoder, MalformedInputError } from './contract.ts';
import { decodeZipkin, decodeZipkinV1 } from './zipkin.ts';

const IDS = { traceId: '1', id: '2' };

describe('decodeZipkin', () => {
  it('reads a span with everything in it', () => {
    const { spans } = read(decodeZipkin, [
      {
        traceId: '463ac35c9f6413ad48485a3953bb6124',
        parentId: '6b221d5bc9e6496c',
        id: '5b4185666d50f68b',
        kind: 'CLIENT',
        name: 'Get /Pay',
        timestamp: 1472470996199000,
        duration: 207000,
        localEndpoint: { serviceName: 'Shop', ipv4: '10.0.0.1', ipv6: '::1', port: 80 },
        remoteEndpoint: { serviceName: 'Payments', ipv6: '2001:db8::c001', port: 9000 },
        tags: { 'http.method': 'GET', 'http.status_code': '200', 'service.namespace': 'eu', 'some.other': 'x' },
      },
    ]);
    expect(spans).toEqual([
      {
        traceId: '463ac35c9f6413ad48485a3953bb6124',
        parentSpanId: '6b221d5bc9e6496c',
        spanId: '5b4185666d50f68b',
        kind: 'client',
        name: 'get /pay',
        startUs: 1472470996199000,
        endUs: 1472470996406000,
        resource: { service: 'shop', host: '10.0.0.1', namespace: 'eu' },
        status: SPAN_STATUS.unset,
        flags: 0,
        attributes: {
          'http.request.method': 'GET',
          'http.response.status_code': '200',
          'peer.service': 'payments',
          'network.peer.address': '2001:db8::c001',
          'server.port': '9000',
        },
        links: [],
        cardEvidence: [],
      },
    ]);
  });

  it.each<[string, object, Partial<Span>]>([
    ['ids padded on the left', {}, { traceId: '1'.padStart(32, '0'), spanId: '2'.padStart(16, '0') }],
    ['a parent of zeros as none', { parentId: '0000000000000000' }, { flags: 0 }],
    ['null as absent', { parentId: null, kind: null, tags: null, name: null, timestamp: null }, { name: '' }],
    ['itself as parent, which is dropped', { parentId: '0002' }, { flags: SPAN_FLAG.selfParent }],
    ['a shared id', { shared: true, kind: 'SERVER' }, { flags: SPAN_FLAG.shared, kind: 'server' }],
    ['no timestamp', { timestamp: undefined, duration: 5 }, { flags: SPAN_FLAG.noTime, startUs: 0, endUs: 0 }],
    ['a timestamp before 1970', { timestamp: -5 }, { flags: SPAN_FLAG.noTime, startUs: 0, endUs: 0 }],
    ['a timestamp that is no date', { timestamp: 2 ** 63 }, { flags: SPAN_FLAG.noTime, startUs: 0, endUs: 0 }],
    ['no duration', { duration: undefined }, { startUs: 100, endUs: 100 }],
    ['a negative duration', { duration: -1 }, { startUs: 100, endUs: 100, flags: SPAN_FLAG.endBeforeStart }],
    ['times in quotes', { timestamp: '100', duration: '7' }, { startUs: 100, endUs: 107 }],
    ['an error tag', { tags: { error: '' } }, { status: SPAN_STATUS.error, attributes: {} }],
    ['an error tag that says no', { tags: { error: 'false' } }, { status: SPAN_STATUS.unset }],
    ['the status of OpenTelemetry', { tags: { 'otel.status_code': 'OK' } }, { status: SPAN_STATUS.ok }],
    ['an error before a status', { tags: { error: 'true', 'otel.status_code': 'OK' } }, { status: SPAN_STATUS.error }],
    ['the kind of a bridge', { tags: { 'span.kind': 'Consumer' } }, { kind: 'consumer' }],
    ['a threshold', { tags: { 'w3c.tracestate': 'a=b, ot=rv:1;th:c' } }, { attributes: { 'sampling.threshold': 'c' } }],
    [
      'two keys of one meaning, of which the newer wins',
      { tags: { 'http.method': 'OLD', 'http.request.method': 'NEW' } },
      { attributes: { 'http.request.method': 'NEW' } },
    ],
    [
      'a tag before the endpoint',
      { tags: { 'peer.service': 'tag' }, remoteEndpoint: { serviceName: 'endpoint' } },
      { attributes: { 'peer.service': 'tag' } },
    ],
    [
      'both sides and no kind, which is calling',
      { localEndpoint: { serviceName: 'a' }, remoteEndpoint: { serviceName: 'b' } },
      { kind: 'client' },
    ],
    [
      'no port of a client',
      { kind: 'SERVER', remoteEndpoint: { ipv4: '10.0.0.2', port: 50123 } },
      { attributes: { 'network.peer.address': '10.0.0.2' } },
    ],
    [
      'no service',
      { localEndpoint: { ipv4: '10.0.0.9' } },
      { resource: { service: 'unknown_service', host: '10.0.0.9' } },
    ],
    ['names of object members', { tags: { __proto__: 'x', constructor: 'y' } }, { attributes: {} }],
  ])('reads %s', (_, fields, expected) => {
    const { spans, decoded } = read(decodeZipkin, [{ ...IDS, timestamp: 100, duration: 7, ...fields }]);
    expect(decoded).toEqual({ spanCount: 1, rejectedCount: 0, problems: [] });
    expect(spans[0]).toMatchObject(expected);
    if (expected.attributes !== undefined) expect(spans[0]?.attributes).toEqual(expected.attributes);
  });

  it('keeps a 64-bit id that is a number, digit by digit', () => {
    const { spans } = readText(
      decodeZipkin,
      '[{"traceId": 1234567890123456789, "id": 9007199254740993, "parentId": 12}]',
    );
    expect(spans[0]).toMatchObject({
      traceId: '00000000000001234567890123456789'.slice(-32),
      spanId: '9007199254740993',
      parentSpanId: '0000000000000012',
    });
  });

  it.each<[unknown, string]>([
    ['text', '[1]: not an object'],
    [{ id: '2' }, '[1]: traceId is not 1 to 32 lower-case hex digits, not all zero'],
    [{ ...IDS, traceId: '' }, '[1]: traceId is not 1 to 32 lower-case hex digits, not all zero'],
    [{ ...IDS, traceId: '00' }, '[1]: traceId is not 1 to 32 lower-case hex digits, not all zero'],
    [{ ...IDS, traceId: '1'.repeat(33) }, '[1]: traceId is not 1 to 32 lower-case hex digits, not all zero'],
    [{ ...IDS, traceId: 'ABC' }, '[1]: traceId is not 1 to 32 lower-case hex digits, not all zero'],
    [{ ...IDS, id: '0x1' }, '[1]: id is not 1 to 16 lower-case hex digits, not all zero'],
    [{ ...IDS, id: '1'.repeat(17) }, '[1]: id is not 1 to 16 lower-case hex digits, not all zero'],
    [{ ...IDS, parentId: 'nothing' }, '[1]: parentId is not 1 to 16 lower-case hex digits'],
    [{ ...IDS, kind: 'client' }, '[1]: kind is none of CLIENT, SERVER, PRODUCER and CONSUMER'],
    [{ ...IDS, tags: { a: null } }, '[1]: a tag is null'],
    [{ ...IDS, tags: ['a'] }, '[1]: tags is not an object'],
    [{ ...IDS, binaryAnnotations: [] }, '[1]: a Zipkin v1 record among v2 spans'],
  ])('refuses %j, says where, and keeps the others', (record, message) => {
    const { decoded, spans } = read(decodeZipkin, [IDS, record, { ...IDS, id: '3' }]);
    expect(decoded).toEqual({
      spanCount: 2,
      rejectedCount: 1,
      problems: [{ kind: 'rejected-span', message, count: 1 }],
    });
    expect(spans.map(({ spanId }) => spanId.slice(-1))).toEqual(['2', '3']);
  });

  it('says one reason once', () => {
    const { decoded } = read(
      decodeZipkin,
      Array.from({ length: 1000 }, () => ({ id: '2' })),
    );
    expect(decoded.rejectedCount).toBe(1000);
    expect(decoded.problems).toEqual([
      {
        kind: 'rejected-span',
        message: '[0]: traceId is not 1 to 32 lower-case hex digits, not all zero (the first of 1000)',
        count: 1000,
      },
    ]);
  });

  it.each(['', '7', 'null', '[{]', '"4111111111111111'])('throws for %j', (text) => {
    expect(() => readText(decodeZipkin, text)).toThrow(MalformedInputError);
    expect(() => readText(decodeZipkin, text)).not.toThrow(/4111/);
  });

  it('keeps no card number, and says where one stood', () => {
    const card = '4111 1111 1111 1111';
    const { table } = read(decodeZipkin, [
      {
        ...IDS,
        name: `pay ${card}`,
        localEndpoint: { serviceName: `shop ${card}` },
        remoteEndpoint: { serviceName: card },
        tags: { 'http.url': `/pay?card=${card}`, 'some.note': card, [`key ${card}`]: 'x', nested: [{ deep: [card] }] },
        annotations: [{ timestamp: 1, value: card }],
      },
    ]);
    expect(textsOf(table).filter((text) => text.includes('1111'))).toEqual([]);
    expect(table.cardEvidence(0).map(({ place }) => place.replace(/\[PAN.*\]/, '…'))).toEqual(
      expect.arrayContaining([
        'span name',
        'localEndpoint.serviceName',
        'remoteEndpoint.serviceName',
        'http.url',
        'some.note',
        'key …',
        'nested',
        'annotation',
      ]),
    );
  });

  it('finds a card number of 19 digits that came as a number', () => {
    const { table } = readText(decodeZipkin, '[{"traceId":"1","id":"2","tags":{"card.number":6304219447607087665}}]');
    expect(table.cardEvidence(0)).toHaveLength(1);
  });

  it('survives a tag a million levels deep', () => {
    const deep = '['.repeat(1e6) + '"x"' + ']'.repeat(1e6);
    const { decoded } = readText(decodeZipkin, `[{"traceId":"1","id":"2","tags":{"deep":${deep}}}]`);
    expect(decoded.spanCount).toBe(1);
    const withLongNumber = readText(decodeZipkin, `[{"traceId":1,"id":"2","tags":{"deep":${deep}}}]`);
    expect(withLongNumber.decoded.spanCount).toBe(1);
  });
});

describe('decodeZipkin, as it is saved', () => {
  it('reads a list of traces, and one bare span', () => {
    expect(read(decodeZipkin, [[IDS], [], [{ ...IDS, id: '3' }]]).decoded.spanCount).toBe(2);
    expect(read(decodeZipkin, IDS).decoded.spanCount).toBe(1);
    expect(read(decodeZipkin, [[IDS], [IDS, {}]]).decoded.problems[0]?.message).toMatch(/^\[1\]\[1\]: traceId/);
  });

  it.each([
    ['zipkin-shared-spans', 8, 2, ['auth-service', 'content-service', 'mobile-gateway']],
    ['zipkin-messaging', 4, 0, ['backend', 'frontend']],
    ['zipkin-yelp', 16, 4, ['mobile_api', 'routing', 'spectre', 'unknown', 'yelp-main', 'yelp_main/api_proxy']],
  ])('%s: %i spans, %i shared, of %j', (name, spanCount, sharedCount, services) => {
    const { decoded, spans } = readCase(decodeZipkin, name);
    expect(decoded).toEqual({ spanCount, rejectedCount: 0, problems: [] });
    expect(spans.filter(({ flags }) => (flags & SPAN_FLAG.shared) !== 0)).toHaveLength(sharedCount);
    expect(servicesOf(spans)).toEqual(services);
  });

  it('zipkin-yelp: databases and caches are peers', () => {
    const { spans } = readCase(decodeZipkin, 'zipkin-yelp');
    const peers = spans.map(({ attributes }) => attributes['peer.service']).filter((peer) => peer !== undefined);
    expect([...new Set(peers)].sort()).toEqual([
      'blt',
      'memcache',
      'mobile_api',
      'mysql',
      'spectre',
      'yelp-main.mobile_api',
    ]);
  });
});

describe('decodeZipkinV1', () => {
  it('makes two spans of a record with both halves', () => {
    const { spans } = readCase(decodeZipkinV1, 'zipkin-v1-both-halves');
    expect(spans).toMatchObject([
      {
        kind: 'client',
        spanId: 'd673d7abe80d2f3f',
        flags: 0,
        startUs: 1461750491274000,
        endUs: 1461750491325000,
        resource: { service: 'zipkin-web', host: '127.0.0.1' },
        attributes: { 'peer.service': 'zipkin-query', 'server.port': '9411' },
      },
      {
        kind: 'server',
        spanId: 'd673d7abe80d2f3f',
        flags: SPAN_FLAG.shared,
        startUs: 1461750491298000,
        endUs: 1461750491302000,
        resource: { service: 'zipkin-query', host: '172.18.0.4' },
        // Its first client address names the server itself, its second the client.
        attributes: {
          'peer.service': 'zipkin-web',
          'network.peer.address': '172.18.0.3',
          'url.path': '/api/v1/traces',
        },
      },
    ]);
  });

  it('gives each half the tags written at its side', () => {
    const { spans } = readCase(decodeZipkinV1, 'zipkin-v1-both-halves');
    expect(spans.map(({ attributes }) => attributes['url.path'])).toEqual([undefined, '/api/v1/traces']);
  });

  it('believes the address, not the name, of another side that has the name of this one', () => {
    const endpoint = { serviceName: 'a', ipv4: '10.0.0.1' };
    const { spans } = read(decodeZipkinV1, {
      ...IDS,
      annotations: [{ timestamp: 5, value: 'sr', endpoint }],
      binaryAnnotations: [{ key: 'ca', value: true, endpoint: { serviceName: 'a', ipv4: '10.0.0.2' } }],
    });
    expect(spans[0]?.attributes).toEqual({ 'network.peer.address': '10.0.0.2' });
  });

  it.each([
    ['ms', 'producer'],
    ['mr', 'consumer'],
    ['cs', 'client'],
    ['ss', 'server'],
    ['anything', 'unspecified'],
  ])('takes %s for a %s', (value, kind) => {
    const endpoint = { serviceName: 'a' };
    const { spans } = read(decodeZipkinV1, { ...IDS, annotations: [{ timestamp: 5, value, endpoint }] });
    expect(spans).toMatchObject([{ kind, resource: { service: 'a' } }]);
  });

  it('takes a server without a time of its own for the far half of somebody else’s span', () => {
    const endpoint = { serviceName: 'a' };
    const annotations = [
      { timestamp: 5, value: 'sr', endpoint },
      { timestamp: 9, value: 'ss', endpoint },
    ];
    const { spans } = read(decodeZipkinV1, { ...IDS, annotations });
    expect(spans).toMatchObject([{ startUs: 5, endUs: 9, flags: SPAN_FLAG.shared }]);
    const { spans: roots } = read(decodeZipkinV1, { ...IDS, timestamp: 4, duration: 6, annotations });
    expect(roots).toMatchObject([{ startUs: 4, endUs: 10, flags: 0 }]);
  });
});

interface Reading {
  readonly table: SpanTable;
  readonly decoded: Decoded;
  readonly spans: readonly Span[];
}

function readText(decoder: Decoder, text: string): Reading {
  const table = new SpanTable(createDictionary());
  const decoded = decoder(encodeUtf8(text), table);
  return { table, decoded, spans: Array.from({ length: table.count }, (_, row) => table.span(row)) };
}

function read(decoder: Decoder, document: unknown): Reading {
  return readText(decoder, JSON.stringify(document));
}

function readCase(decoder: Decoder, name: string): Reading {
  return readText(decoder, readFileSync(new URL(`../../fixtures/cases/${name}/traces.json`, import.meta.url), 'utf8'));
}

function servicesOf(spans: readonly Span[]): string[] {
  return [...new Set(spans.map(({ resource }) => resource.service))].sort();
}

function textsOf({ dictionary: { strings, resources } }: SpanTable): string[] {
  const texts = Array.from({ length: strings.size }, (_, id) => strings.text(id));
  for (let id = 0; id < resources.size; id++) texts.push(JSON.stringify(resources.get(id)));
  return texts;
}

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Span } from '../../analyzer/model/span.ts';
import { type Answer, JSON_TYPE, jsonOf, send } from '../../fixtures/otlp-client.ts';
import { spanKeeper } from '../../fixtures/span-keeper.ts';
import type { Receiver } from './contract.ts';
import { RECEIVERS } from './index.ts';

/** The JSON mapping of OTLP (opentelemetry-proto, docs/specification.md, "JSON Protobuf Encoding"), over the wire. */

let spans: Span[];
let receiver: Receiver;
let port: number;
beforeEach(async () => {
  const sink = spanKeeper();
  ({ spans } = sink);
  receiver = RECEIVERS['otlp-http'](sink, { port: 0 });
  port = await receiver.listen();
});
afterEach(() => receiver.close());

const GOOD = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), name: 'resize', kind: 2 };

function post(body: string | Uint8Array): Promise<Answer> {
  return send(port, { headers: JSON_TYPE, body });
}

/** Posts spans, each given as the JSON of its fields beside those of `GOOD`. */
function postSpans(...fields: readonly string[]): Promise<Answer> {
  const good = JSON.stringify(GOOD).slice(1, -1);
  const list = fields.map((more) => `{${good}${more === '' ? '' : ','}${more}}`).join(',');
  return post(`{"resourceSpans":[{"resource":{"attributes":[]},"scopeSpans":[{"spans":[${list}]}]}]}`);
}

async function expectTaken(answer: Promise<Answer>): Promise<void> {
  const { status, body } = await answer;
  expect([status, body.toString()]).toEqual([200, '{}']);
}

async function expectRejected(answer: Promise<Answer>, count: number): Promise<void> {
  const taken = await answer;
  expect(taken.status).toBe(200);
  const { partialSuccess } = jsonOf(taken) as { partialSuccess: { rejectedSpans: string; errorMessage: string } };
  expect(partialSuccess.rejectedSpans).toBe(String(count));
  expect(partialSuccess.errorMessage).toMatch(/\w+/);
}

it('29: ids are hex in any case', async () => {
  await expectTaken(postSpans('"traceId":"ABCDEFabcdef01234567890123456789","parentSpanId":"EF01EF01EF01EF01"'));
  expect(spans[0]).toMatchObject({ traceId: 'abcdefabcdef01234567890123456789', parentSpanId: 'ef01ef01ef01ef01' });
});

it.each([
  ['a short trace id', '"traceId":"abcd"'],
  ['base64', '"traceId":"q6urq6urq6urq6urq6urqw=="'],
  ['no hex', `"spanId":"${'xy'.repeat(8)}"`],
  ['zeros', `"traceId":"${'0'.repeat(32)}"`],
])('29: %s costs that span only', async (_, fields) => {
  await expectRejected(postSpans(fields, ''), 1);
  expect(spans).toHaveLength(1);
});

it.each([
  ['a string', '"1544712660000001000"', 1_544_712_660_000_001],
  ['a number', '1544712660000001000', 1_544_712_660_000_001],
  ['the last microsecond of a number that a double would round up', '1544712660000000999', 1_544_712_660_000_000],
  ['a number beyond 2^53, to the unit', '9007199254740993999', 9_007_199_254_740_993],
  ['an integral exponent', '15447126600000010e2', 1_544_712_660_000_001],
])('30: 64 bits as %s', async (_, written, startUs) => {
  await expectTaken(postSpans(`"startTimeUnixNano":${written},"endTimeUnixNano":${written}`));
  expect(spans[0]!.startUs).toBe(startUs);
});

it('30: 32 bits as string or number; doubles with NaN and Infinity', async () => {
  const doubles = ['1.5', '"NaN"', '"Infinity"', '"-Infinity"'];
  const attributes = doubles.map((written, at) => `{"key":"d${at}","value":{"doubleValue":${written}}}`).join(',');
  await expectTaken(postSpans(`"flags":"257","attributes":[${attributes}]`, '"flags":257'));
  expect(spans).toHaveLength(2);
});

it('31: enums are integers; a name costs that span, an unknown integer nothing', async () => {
  await expectRejected(postSpans('"kind":"SPAN_KIND_SERVER"', ''), 1);
  await expectTaken(postSpans('"kind":99', '"status":{"code":9}'));
  expect(spans.map(({ kind }) => kind)).toEqual(['server', 'unspecified', 'server']);
});

it('32: unknown fields of every type at every level are ignored', async () => {
  const values = ['1', '"x"', 'null', 'true', '[1,[2,{"a":[]}]]', '{"a":{"b":{"c":[]}}}'];
  const unknown = Array.from({ length: 1_000 }, (_, at) => `"unknown${at}":${values[at % values.length]!}`).join(',');
  const span = `{${unknown},${JSON.stringify(GOOD).slice(1)}`;
  const scope = `{${unknown},"scope":{${unknown}},"spans":[${span}]}`;
  const resource = `{${unknown},"attributes":[{${unknown},"key":"service.name","value":{"stringValue":"a"}}]}`;
  await expectTaken(post(`{${unknown},"resourceSpans":[{${unknown},"resource":${resource},"scopeSpans":[${scope}]}]}`));
  expect(spans.map(({ name, resource: { service } }) => [service, name])).toEqual([['a', 'resize']]);
});

it('33: snake_case is an unknown field, and the sender is told of it', async () => {
  const answer = await post('{"resource_spans":[{"scope_spans":[{"spans":[{}]}]}]}');
  expect(jsonOf(answer)).toMatchObject({
    partialSuccess: { rejectedSpans: '0', errorMessage: expect.stringContaining('resourceSpans') as string },
  });
  const misspelt = await postSpans('"parent_span_id":"0101010101010101"');
  expect(jsonOf(misspelt)).toMatchObject({
    partialSuccess: { rejectedSpans: '0', errorMessage: expect.stringContaining('calls it parentSpanId') as string },
  });
  expect(spans.map(({ parentSpanId }) => parentSpanId)).toEqual([undefined]);
});

it('34: bytes in both alphabets of base64, padded or not; null and defaults are absent', async () => {
  const written = ['"+/+/"', '"-_-_"', '"/w=="', '"/w"', '""'];
  const attributes = written.map((text, at) => `{"key":"b${at}","value":{"bytesValue":${text}}}`).join(',');
  await expectTaken(postSpans(`"attributes":[${attributes}]`));
  await expectTaken(postSpans('"parentSpanId":null,"attributes":null,"status":null,"links":null,"events":null'));
  await expectTaken(postSpans('"parentSpanId":"","flags":0,"startTimeUnixNano":"0","status":{},"attributes":[]'));
  for (const span of spans) expect(span).not.toHaveProperty('parentSpanId');
});

it('35: of keys given twice the last wins', async () => {
  await expectTaken(postSpans('"name":"first","name":"last"'));
  expect(spans.map(({ name }) => name)).toEqual(['last']);
});

it.each([
  ['a byte order mark', '\uFEFF{}'],
  ['something behind it', '{} {}'],
  ['a comment', '{/* */}'],
  ['single quotes', "{'a':1}"],
  ['NaN', '{"resourceSpans":NaN}'],
  ['a comma too many', '{"resourceSpans":[],}'],
  ['UTF-16', Buffer.from('{}', 'utf16le')],
  ['UTF-32', Buffer.from([0x7b, 0, 0, 0, 0x7d, 0, 0, 0])],
  ['nothing', ''],
])('20, 35: %s is a 400', async (_, body) => {
  const answer = await post(body);
  expect(answer.status).toBe(400);
  expect(jsonOf(answer)).toMatchObject({ code: 3, details: [{ fieldViolations: [{}] }] });
});

it('36: lone surrogates and bytes that are no UTF-8 become U+FFFD', async () => {
  expect((await postSpans('"name":"a\\ud800b"')).status).toBe(200);
  const [before, after] = JSON.stringify({
    resourceSpans: [{ scopeSpans: [{ spans: [{ ...GOOD, name: 'x|y' }] }] }],
  }).split('|') as [string, string];
  expect((await post(Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]))).status).toBe(200);
  expect(spans.map(({ name }) => name)).toEqual(['a\uFFFDb', 'x\uFFFDy']);
});

describe('16: the answer to a hundred thousand faults', () => {
  it('stays small', async () => {
    const bad = { ...GOOD, spanId: 'no' };
    const list = [GOOD, ...Array.from({ length: 100_000 }, (_, at) => ({ ...bad, kind: `KIND_${at}` }))];
    const answer = await post(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: list }] }] }));
    expect(answer.status).toBe(200);
    expect(jsonOf(answer)).toMatchObject({ partialSuccess: { rejectedSpans: '100000' } });
    expect(answer.body.length).toBeLessThan(4_096);
  });
});

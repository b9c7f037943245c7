import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { encodeUtf8 } from '../../analyzer/model/string-table.ts';
import { seededRandom } from '../../fixtures/seeded.ts';
import { encodeOtlpJson, encodeOtlpProtobuf } from '../../fixtures/otlp.ts';
import { generateBatches } from '../../fixtures/otlp-traffic.ts';
import { type Decoder, MalformedInputError } from './contract.ts';
import { decodeOtlpJson, decodeOtlpJsonLines } from './otlp-json.ts';
import { decodeOtlpProtobuf } from './otlp-protobuf.ts';

const TRACE_ID = '5b8efff798038103d269b633813fc60c';
const ID = `"traceId":"${TRACE_ID}","spanId":"eee19b7ec3c1b174"`;

describe('malformed protobuf', () => {
  it.each<[string, number[], RegExp]>([
    ['a truncated varint', [0x80], /truncated number in request at byte 1/],
    ['a varint of eleven bytes', [...Array<number>(10).fill(0x80), 1], /more than ten bytes/],
    ['a length beyond the end', [0x0a, 5, 0], /length beyond the end/],
    ['wire type 6', [0x16, 0], /unknown wire type/],
    ['wire type 7', [0x17, 0], /unknown wire type/],
    ['field 0', [0x02, 0], /impossible field number/],
    ['field 0 in a span', inSpan([0x02, 0]), /wrong wire type|impossible field number/],
    ['a wrong wire type at the top', [0x08, 1], /wrong wire type/],
    [
      'a wrong wire type in a span',
      inSpan([0x28, 1]),
      /wrong wire type in resource_spans\[0\]\.scope_spans\[0\]\.spans\[0\]/,
    ],
    ['a start time as a varint', inSpan([0x38, 1]), /wrong wire type/],
    ['a short start time', inSpan([0x39, 1, 2, 3]), /number beyond the end/],
    ['a wrong wire type in an attribute', inSpan([0x4a, 2, 0x08, 1]), /wrong wire type/],
    ['a truncated value', inSpan([0x4a, 5, 0x0a, 0, 0x12, 1, 0x0a]), /truncated number/],
    ['an attribute longer than its span', inSpan([0x4a, 99, 0x0a, 0]), /length beyond the end/],
    ['a group without its end', [0x13, 0x18, 1], /truncated number/],
    ['a group with the end of another', [0x13, 0x1c], /end of a group/],
    ['the end of a group alone', [0x14], /end of a group/],
    ['a short fixed64', [0x11, 1, 2], /beyond the end/],
    ['a short fixed32', [0x15, 1, 2], /beyond the end/],
  ])('%s is named', (_, bytes, message) => {
    expectMalformed(decodeOtlpProtobuf, Uint8Array.from(bytes), message);
  });

  it.each<[string, number[]]>([
    ['nothing', []],
    [
      'unknown fields of every wire type',
      [0x10, 1, 0x11, ...Array<number>(8).fill(0), 0x12, 1, 9, 0x13, 0x18, 1, 0x14, 0x15, 0, 0, 0, 0],
    ],
    ['a group in a group', [0x13, 0x1b, 0x20, 1, 0x1c, 0x14]],
    ['groups 100,000 deep', [...Array<number>(1e5).fill(0x13), ...Array<number>(1e5).fill(0x14)]],
    ['unknown fields in a span', inSpan([0xa0, 1, 1, 0xa5, 1, 0, 0, 0, 0])],
    ['empty blocks', [0x0a, 0, 0x0a, 2, 0x12, 0]],
  ])('%s is well-formed', (_, bytes) => {
    const table = new SpanTable(createDictionary());
    expect(() => decodeOtlpProtobuf(Uint8Array.from(bytes), table)).not.toThrow();
  });

  it('nested values deeper than 64 are passed over and said', () => {
    let value: number[] = [0x0a, 1, 0x78];
    for (let depth = 0; depth < 100; depth++) value = field(0x2a, field(0x0a, value));
    const bytes = Uint8Array.from(inSpan(field(0x4a, [0x0a, 1, 0x6b, ...field(0x12, value)])));
    const decoded = decodeOtlpProtobuf(bytes, new SpanTable(createDictionary()));
    expect(decoded.problems.map(({ kind }) => kind)).toContain('value-too-deep');
  });

  it('merges what is split: two resources, two statuses, a value in two parts', () => {
    const idFields = [...field(0x0a, Array<number>(16).fill(1)), ...field(0x12, Array<number>(8).fill(2))];
    const status = [...field(0x7a, [0x18, 2]), ...field(0x7a, [])];
    const attribute = field(0x4a, [
      ...field(0x12, [0x18, 80]),
      ...field(0x0a, [...encodeUtf8('server.port')]),
      0x12,
      0,
    ]);
    const resource = (key: string, value: string) =>
      field(
        0x0a,
        field(0x0a, [...field(0x0a, [...encodeUtf8(key)]), ...field(0x12, field(0x0a, [...encodeUtf8(value)]))]),
      );
    const block = [
      ...resource('service.name', 'first'),
      ...field(0x12, field(0x12, [...idFields, ...status, ...attribute])),
      ...resource('service.version', '2'),
    ];
    const table = new SpanTable(createDictionary());
    decodeOtlpProtobuf(Uint8Array.from(field(0x0a, block)), table);
    expect(table.span(0)).toMatchObject({
      resource: { service: 'first', version: '2' },
      status: 2,
      attributes: { 'server.port': '80' },
    });
  });

  it('reads scopes of before OTLP 0.15', () => {
    const span = [...field(0x0a, Array<number>(16).fill(1)), ...field(0x12, Array<number>(8).fill(2))];
    const block = [0xc2, 0x3e, ...lengthOf(field(0x12, span)), ...field(0x12, span)];
    const table = new SpanTable(createDictionary());
    expect(decodeOtlpProtobuf(Uint8Array.from(field(0x0a, block)), table).spanCount).toBe(1);
  });
});

describe('malformed JSON', () => {
  it.each<[string, string, RegExp]>([
    ['an empty body', '', /object at byte 0/],
    ['a byte order mark', '\ufeff{}', /object at byte 0/],
    ['an array', '[]', /object/],
    ['more after the end', '{} x', /more after the end at byte 3/],
    ['a comment', '{/* */}', /name/],
    ['single quotes', "{'a':1}", /name/],
    ['a comma at the end', '{"a":1,}', /name/],
    ['a comma missing', '{"a":1 "b":2}', /without its end/],
    ['NaN', '{"a":NaN}', /no value/],
    ['a plus sign', '{"a":+1}', /no value/],
    ['a leading zero', '{"a":01}', /without its end/],
    ['a fraction without digits', '{"a":1.}', /no value/],
    ['an exponent without digits', '{"a":1e}', /no value/],
    ['a string without its end', '{"a":"b', /string without its end/],
    ['a control character', '{"a":"\n"}', /control character/],
    ['an unknown escape', '{"a":"\\x"}', /unknown escape/],
    ['half an escape', '{"a":"\\u12"}', /unknown escape/],
    ['a word cut short', '{"a":tru', /no value/],
    ['an array without its end', '{"resourceSpans":[', /object/],
    [
      'spans that are no list',
      '{"resourceSpans":[{"scopeSpans":[{"spans":5}]}]}',
      /resourceSpans\[0\]\.scopeSpans\[0\].*array/,
    ],
    ['a name that is no string', '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":5}]}]}]}', /spans\[0\]: .*string/],
    [
      'a string value that is none',
      '{"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":{"stringValue":1}}]}}]}',
      /string/,
    ],
    [
      'an attribute list cut short',
      '{"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":{"stringValue":"b"}}',
      /array without/,
    ],
  ])('%s is named', (_, text, message) => {
    expectMalformed(decodeOtlpJson, encodeUtf8(text), message);
  });

  it.each<[string, string]>([
    ['nothing in it', '{}'],
    ['null everywhere', '{"resourceSpans":null}'],
    [
      'unknown members of any kind',
      '{"a":[1,-2.5e+3,{"b":[true,false,null,"\\ud83d\\ude00"]},[],{}],"resourceSpans":[]}',
    ],
    ['depth without end', `{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`],
    ['objects without end', `{"a":${'{"b":'.repeat(1e5)}1${'}'.repeat(1e5)}}`],
    ['white space', ' \n\t{ "resourceSpans" : [ ] } \r\n'],
  ])('%s is well-formed', (_, text) => {
    expect(decodeOtlpJson(encodeUtf8(text), new SpanTable(createDictionary())).spanCount).toBe(0);
  });

  it.each<[string, string, object]>([
    [
      'members in another order',
      `{"scopeSpans":[{"spans":[{"name":"n",${ID}}]}],"resource":{"attributes":[{"value":{"stringValue":"svc"},"key":"service.name"}]}}`,
      { name: 'n', resource: { service: 'svc' } },
    ],
    [
      'ids in upper case',
      `{"scopeSpans":[{"spans":[{"traceId":"${TRACE_ID.toUpperCase()}","spanId":"EEE19B7EC3C1B174"}]}]}`,
      { traceId: TRACE_ID, spanId: 'eee19b7ec3c1b174' },
    ],
    [
      'times as numbers',
      span('"startTimeUnixNano":1544712660000000999,"endTimeUnixNano":1544712661000000000'),
      { startUs: 1_544_712_660_000_000, endUs: 1_544_712_661_000_000 },
    ],
    ['escaped names', span('"n\\u0061me":"a\\u00e9\\ud83c\\udf89\\ud83c\\n"'), { name: 'aé🎉\ufffd\n' }],
    ['the last of two equal members', span('"name":"a","name":"b","kind":2,"kind":3'), { name: 'b', kind: 'client' }],
    [
      'the last of two values',
      span('"attributes":[{"key":"http.route","value":{"stringValue":"/a"},"value":{"stringValue":"/b"}}]'),
      { attributes: { 'http.route': '/b' } },
    ],
    [
      'numbers as strings and as numbers',
      span(
        '"kind":"2","attributes":[{"key":"server.port","value":{"intValue":"443"}},{"key":"http.status_code","value":{"intValue":2e2}},{"key":"sampler.param","value":{"doubleValue":"0.5"}}]',
      ),
      {
        kind: 'server',
        attributes: { 'server.port': '443', 'http.response.status_code': '200', 'sampler.param': '0.5' },
      },
    ],
    [
      'integers beyond 2^53',
      span(
        '"attributes":[{"key":"server.port","value":{"intValue":9007199254740993}},{"key":"error","value":{"intValue":"-9223372036854775808"}}]',
      ),
      { attributes: { 'server.port': '9007199254740993', error: '-9223372036854775808' } },
    ],
    [
      'null members',
      span(
        '"name":null,"kind":null,"parentSpanId":null,"traceState":null,"attributes":null,"events":null,"links":null,"status":null',
      ),
      { name: '' },
    ],
    [
      'old scopes',
      `{"instrumentationLibrarySpans":[{"instrumentationLibrary":{"name":"x"},"spans":[{${ID}}]}]}`,
      { traceId: TRACE_ID },
    ],
  ])('%s are read', (_, block, expected) => {
    const table = new SpanTable(createDictionary());
    decodeOtlpJson(encodeUtf8(`{"resourceSpans":[${block}]}`), table, { strict: true });
    expect(table.count).toBe(1);
    expect(table.span(0)).toMatchObject(expected);
  });

  it.each<[string, string]>([
    ['ids in base64', span('"traceId":"O6VWCcPN5JZJzXfR+dzZNg==","spanId":"Sc130fnc2TY="')],
    ['a short id', span('"traceId":"5b8e"')],
    ['a kind by its name', span('"kind":"SPAN_KIND_SERVER"')],
    ['a status by its name', span('"status":{"code":"STATUS_CODE_ERROR"}')],
  ])('%s: rejected if strict, read from files', (_, block) => {
    const bytes = encodeUtf8(`{"resourceSpans":[${block}]}`);
    const read = (strict: boolean) => decodeOtlpJson(bytes, new SpanTable(createDictionary()), { strict });
    expect(read(true)).toMatchObject({ spanCount: 0, rejectedCount: 1 });
    expect(read(false)).toMatchObject({ spanCount: 1, rejectedCount: 0 });
  });

  it('reads base64 ids and names of enums as what they stand for', () => {
    const block = span(
      '"traceId":"O6VWCcPN5JZJzXfR+dzZNg==","spanId":"Sc130fnc2TY=","kind":"SPAN_KIND_CLIENT","status":{"code":"STATUS_CODE_ERROR"}',
    );
    const table = new SpanTable(createDictionary());
    decodeOtlpJson(encodeUtf8(`{"batches":[${block}]}`), table);
    expect(table.span(0)).toMatchObject({
      traceId: '3ba55609c3cde49649cd77d1f9dcd936',
      spanId: '49cd77d1f9dcd936',
      kind: 'client',
      status: 2,
    });
  });
});

describe('JSON lines', () => {
  it('counts a broken line, names the first, and keeps the others', () => {
    const line = `{"resourceSpans":[${span('')}]}`;
    const table = new SpanTable(createDictionary());
    const decoded = decodeOtlpJsonLines(encodeUtf8(`${line}\n\n{"broken\n${line}\r\n{"x":}\n${line}`), table);
    expect(decoded).toMatchObject({ spanCount: 3, rejectedCount: 0, problems: [{ kind: 'malformed-line', count: 2 }] });
    expect(decoded.problems[0]!.message).toContain('line 3');
    expect(table.count).toBe(3);
  });
});

describe('fuzz', () => {
  const requests = [...generateBatches({ seed: 3, traceCount: 2, spansPerTrace: 3, spansPerBatch: 3 })];

  it.each<[string, Decoder, Uint8Array[]]>([
    ['protobuf', decodeOtlpProtobuf, requests.map(encodeOtlpProtobuf)],
    ['JSON', decodeOtlpJson, requests.map(encodeOtlpJson)],
  ])('%s: nothing but MalformedInputError, and then the table is as it was', (_, decoder, corpus) => {
    const random = seededRandom(11);
    const table = new SpanTable(createDictionary());
    let malformedCount = 0;
    for (let round = 0; round < 4000; round++) {
      if (table.count > 1000) table.truncate(0);
      const before = { count: table.count, links: table.linkCount, evidence: table.evidenceCount };
      try {
        const decoded = decoder(mutated(random, corpus), table);
        expect(table.count).toBe(before.count + decoded.spanCount);
      } catch (error) {
        if (!(error instanceof MalformedInputError)) throw error;
        malformedCount++;
        expect({ count: table.count, links: table.linkCount, evidence: table.evidenceCount }).toEqual(before);
      }
    }
    expect(malformedCount).toBeGreaterThan(500);
  });

  it('any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const decoder of [decodeOtlpProtobuf, decodeOtlpJson, decodeOtlpJsonLines]) {
          try {
            decoder(bytes, new SpanTable(createDictionary()));
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedInputError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** A message with one to three things done to it: bytes changed, cut out, doubled, taken from another message. */
function mutated(random: () => number, corpus: readonly Uint8Array[]): Uint8Array {
  const pick = (count: number) => Math.floor(random() * count);
  let bytes = Uint8Array.from(corpus[pick(corpus.length)]!);
  for (let mutations = 1 + pick(3); mutations > 0; mutations--) {
    const at = pick(bytes.length);
    const length = 1 + pick(random() < 0.8 ? 4 : 200);
    switch (pick(5)) {
      case 0:
        bytes[at] = pick(256);
        break;
      case 1:
        bytes[at]! ^= 1 << pick(8);
        break;
      case 2:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
        break;
      case 3:
        bytes = Uint8Array.from([...bytes.subarray(0, at + length), ...bytes.subarray(at)]);
        break;
      default: {
        const other = corpus[pick(corpus.length)]!;
        const from = pick(other.length);
        bytes = Uint8Array.from([
          ...bytes.subarray(0, at),
          ...other.subarray(from, from + length),
          ...bytes.subarray(at),
        ]);
      }
    }
    if (bytes.length === 0) return bytes;
  }
  return bytes;
}

function expectMalformed(decoder: Decoder, bytes: Uint8Array, message: RegExp): void {
  const table = new SpanTable(createDictionary());
  table.addSpan({ traceId: '1', spanId: '1', resource: { service: 'before' } });
  expect(() => decoder(bytes, table)).toThrow(MalformedInputError);
  expect(() => decoder(bytes, table)).toThrow(message);
  expect(table.count).toBe(1);
}

function span(members: string): string {
  return `{"scopeSpans":[{"spans":[{${ID}${members === '' ? '' : `,${members}`}}]}]}`;
}

function lengthOf(content: readonly number[]): number[] {
  const bytes = [];
  let rest = content.length;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

function field(tag: number, content: readonly number[]): number[] {
  return [tag, ...lengthOf(content), ...content];
}

/** A request of one span that holds these bytes. */
function inSpan(content: readonly number[]): number[] {
  return field(0x0a, field(0x12, field(0x12, content)));
}

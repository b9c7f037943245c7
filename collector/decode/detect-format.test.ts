import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../analyzer/model/string-table.ts';
import { MalformedInputError } from './contract.ts';
import { detectFormat, type TraceFormat } from './detect-format.ts';

/** An id of eight bytes under a tag. */
const idField = (tag: number) => [tag, 8, 0, 0, 0, 0, 0, 0, 0, 1];
const ZIPKIN_SPAN = [0x0a, 29, ...idField(0x0a), ...idField(0x1a), 0x31, 1, 2, 3, 4, 5, 6, 7, 8];

describe('detectFormat', () => {
  it.each<[string, TraceFormat]>([
    ['{"resourceSpans":[]}', 'otlp-json'],
    ['\n\t {"batches":[{"resource":{}}]}', 'otlp-json'],
    ['\ufeff{"resourceSpans":[]}', 'otlp-json'],
    ['{"trace":{"resourceSpans":[]}}', 'otlp-json'],
    ['{"other":{"data":[{"traceID":1}]},"resourceSpans":[]}', 'otlp-json'],
    ['{}', 'otlp-json'],
    ['{"resourceSpans":[]}\n', 'otlp-json'],
    ['{"resourceSpans":[]}\n{"resourceSpans":[]}', 'otlp-json-lines'],
    ['\n{"resourceSpans":["}\\"{"]}\r\n\n{"resourceSpans":[]}\n', 'otlp-json-lines'],
    ['{\n"resourceSpans":[]}\n', 'otlp-json'],
    ['[{"traceId":"1","id":"2","name":"\\"binaryAnnotations\\":","kind":"CLIENT"}]', 'zipkin-json'],
    ['[{"traceId":"1","id":"2"},{"traceId":"1","id":"2"}]', 'zipkin-json'],
    ['[{"traceId":"1","id":"2"},{"traceId":"1","binaryAnnotations":[]}]', 'zipkin-v1-json'],
    ['[{"traceId":"1","id":"2","name":"\\"","x":"}]}]","binaryAnnotations":[]}]', 'zipkin-v1-json'],
    ['[[{"id":"2","tags":{}}]]', 'zipkin-json'],
    ['[]', 'zipkin-json'],
    ['[[]]', 'zipkin-json'],
    ['{"traceId":"1","id":"2","annotations":[{"timestamp":1,"endpoint":{}}]}', 'zipkin-v1-json'],
    ['[{"traceId":"1","id":"2","annotations":[{"timestamp":1,"value":"x"}]}]', 'zipkin-json'],
    ['{"data":[{"traceID":"1"}]}', 'jaeger-json'],
    ['{"data":{"services":[],"spans":[]}}', 'jaeger-json'],
    ['{"data":[],"total":0}', 'jaeger-json'],
    ['{"data":null,"errors":[{"code":404}]}', 'jaeger-json'],
    ['{"_comment":"traceId","traceID":"1","spans":[]}', 'jaeger-json'],
    ['[{"spans":[]}]', 'jaeger-json'],
  ])('%j is %s', (text, format) => {
    expect(detectFormat(encodeUtf8(text))).toBe(format);
  });

  it.each<[string, number[], TraceFormat]>([
    ['one empty block', [0x0a, 0], 'otlp-protobuf'],
    ['two blocks', [0x0a, 2, 0x0a, 0, 0x0a, 3, 0x12, 1, 0], 'otlp-protobuf'],
    ['a long block', [0x0a, 0x80, 2, 0x12, ...new Array<number>(255).fill(0)], 'otlp-protobuf'],
    ['messages behind their lengths', [0, 0, 0, 2, 0x0a, 0, 0, 0, 0, 2, 0x0a, 0], 'otlp-protobuf-frames'],
    ['a list of Zipkin spans', [...ZIPKIN_SPAN, ...ZIPKIN_SPAN], 'zipkin-protobuf'],
    [
      'a Zipkin span with a parent',
      [0x0a, 30, ...idField(0x0a), ...idField(0x12), ...idField(0x1a)],
      'zipkin-protobuf',
    ],
    [
      'a block whose resource is as long as an id',
      [0x0a, 14, 0x0a, 8, 0x0a, 6, 0x0a, 0, 0x12, 2, 0x0a, 0, 0x12, 2, 0x0a, 0],
      'otlp-protobuf',
    ],
    ['blocks that look like ids, and are none', [0x0a, 20, ...idField(0x0a), ...idField(0x12)], 'otlp-protobuf'],
    ['a list of Zipkin thrift', [0x0c, 0, 0, 0, 1, 0x0a, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0], 'zipkin-thrift'],
    ['a batch of Jaeger thrift', [0x0c, 0, 1, 0x0b, 0, 1, 0, 0, 0, 1, 0x61, 0, 0], 'jaeger-thrift'],
    ['a newline before a brace', [0x0a, 0x7b, 0x7d], 'otlp-json'],
    // Field 1 of 123 bytes whose content begins as a block does, and a newline, a brace, a newline all the same.
    ['a block that begins as JSON would', [0x0a, 0x7b, 0x0a, ...new Array<number>(122).fill(0x20)], 'otlp-protobuf'],
  ])('takes %s for %s', (_, bytes, format) => {
    expect(detectFormat(Uint8Array.from(bytes))).toBe(format);
  });

  it.each<[string, string | number[], RegExp]>([
    ['nothing', '', /^empty/],
    ['white space', ' \n\t\r\n', /^empty/],
    [
      'a list of dependencies',
      '[{"parent":"a","child":"b","callCount":1}]',
      /a list of dependencies \(a graph, not traces\)/,
    ],
    ['its answer', '{"data":[{"parent":"a","child":"b","callCount":1}]}', /a list of dependencies/],
    ['metrics', '{"resourceMetrics":[]}', /OTLP metrics/],
    ['logs', '{"resourceLogs":[]}', /OTLP logs/],
    ['an envelope', '{"result":{"resourceSpans":[]}}', /inside an envelope/],
    ['snake case', '{"resource_spans":[]}', /snake case/],
    ['spans alone', '[{"traceId":"1","spanId":"2"}]', /without their resource/],
    ['a profile', '{"traceEvents":[]}', /profile of Chrome/],
    ['other JSON', '{"name":"x","version":"1"}', /^JSON, but neither/],
    ['a list of numbers', '[1,2]', /^JSON, but neither/],
    ['broken JSON', '{"name', /^JSON, but neither/],
    ['text', 'TraceID,SpanID\n1,2\n', /plain text/],
    ['HTML', '<!doctype html>', /XML or HTML/],
    ['a ZIP', [0x50, 0x4b, 3, 4, 0], /ZIP archive/],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0], /UTF-16/],
    ['gzip in gzip', [0x1f, 0x8b, 8], /gzip/],
    ['protobuf cut off', [0x0a, 100, 0x0a, 5, 1], /cut off or broken OTLP protobuf/],
    ['Zipkin protobuf cut off', ZIPKIN_SPAN.slice(0, -1), /cut off or broken/],
    ['thrift of something else', [0x0c, 0, 1, 0x08, 0, 1, 0, 0, 0, 1, 0], /a binary file/],
    ['a length too long', [0, 0, 0, 3, 0x0a, 0], /a binary file/],
    ['noise', [0x99, 1, 2, 3, 0], /a binary file/],
  ])('refuses %s with a word for it', (_, content, message) => {
    const bytes = typeof content === 'string' ? encodeUtf8(content) : Uint8Array.from(content);
    expect(() => detectFormat(bytes)).toThrow(MalformedInputError);
    expect(() => detectFormat(bytes)).toThrow(message);
  });

  it.each<[string, TraceFormat]>([
    ['zipkin-shared-spans', 'zipkin-json'],
    ['zipkin-messaging', 'zipkin-json'],
    ['zipkin-yelp', 'zipkin-json'],
    ['zipkin-v1-both-halves', 'zipkin-v1-json'],
    ['jaeger-ride-sharing', 'jaeger-json'],
    ['jaeger-genai-agents', 'jaeger-json'],
    ['jaeger-references', 'jaeger-json'],
  ])('fixtures/cases/%s is %s', (name, format) => {
    const bytes = readFileSync(new URL(`../../fixtures/cases/${name}/traces.json`, import.meta.url));
    expect(detectFormat(bytes)).toBe(format);
  });

  it('does not lose its way a million levels deep', () => {
    expect(detectFormat(encodeUtf8(`{"a":${'['.repeat(1e6)}${']'.repeat(1e6)},"resourceSpans":[]}`))).toBe('otlp-json');
    expect(() => detectFormat(encodeUtf8('{"a":'.repeat(1e5)))).toThrow(MalformedInputError);
  });
});

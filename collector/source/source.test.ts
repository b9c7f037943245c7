import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { encodeOtlpProtobuf, type OtlpRequest, type OtlpSpan } from '../../fixtures/otlp.ts';
import { readDocument } from './read-document.ts';
import { readSource, type SourceProgress, type SourceReport } from './index.ts';
import { SourceError } from './source-error.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'source-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
  return path;
}

function otlp(...spanIds: number[]): string {
  const spans = spanIds.map((id) => ({
    traceId: id.toString(16).padStart(32, '0'),
    spanId: id.toString(16).padStart(16, '0'),
    name: `span ${id}`,
    startTimeUnixNano: '1700000000000000000',
    endTimeUnixNano: '1700000000000001000',
  }));
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
}

function zipkin(...spanIds: number[]): string {
  return JSON.stringify(spanIds.map((id) => ({ traceId: `${id}`, id: `${id}`, localEndpoint: { serviceName: 'a' } })));
}

function protobufRequest(id: number): OtlpRequest {
  const span: OtlpSpan = {
    traceId: `${id}`.padStart(32, '0'),
    spanId: `${id}`.padStart(16, '0'),
    name: 'x'.repeat(60_000),
    kind: 2,
    startTimeUnixNano: 1n,
    endTimeUnixNano: 2n,
    attributes: [],
    events: [],
  };
  return { resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ scope: { name: 's' }, spans: [span] }] }] };
}

interface Read {
  readonly report: SourceReport;
  readonly spanIds: number[];
}

async function read(source: string, stdin?: AsyncIterable<Uint8Array>): Promise<Read> {
  const table = new SpanTable(createDictionary());
  const report = await readSource(source, { table, ...(stdin === undefined ? {} : { stdin }) });
  expect(table.count).toBe(report.spanCount);
  expect(report.files.reduce((sum, { spanCount }) => sum + spanCount, 0)).toBe(report.spanCount);
  return { report, spanIds: Array.from({ length: table.count }, (_, row) => Number.parseInt(table.spanId(row), 16)) };
}

async function* pieces(bytes: Uint8Array, byteCount: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += byteCount) {
    await Promise.resolve();
    yield bytes.subarray(at, at + byteCount);
  }
}

describe('readSource: one file', () => {
  it.each<[string, (text: string) => string | Uint8Array]>([
    ['plain', (text) => text],
    ['gzip', (text) => gzipSync(text)],
    ['gzip in two members', (text) => Buffer.concat([gzipSync(text.slice(0, 9)), gzipSync(text.slice(9))])],
    ['zstd', (text) => zstdCompressSync(text)],
    [
      'zstd in two frames',
      (text) => Buffer.concat([zstdCompressSync(text.slice(0, 9)), zstdCompressSync(text.slice(9))]),
    ],
  ])('%s', async (_, pack) => {
    const path = await write('no-telling-name', pack(otlp(1, 2)));
    const { report, spanIds } = await read(path);
    expect(spanIds).toEqual([1, 2]);
    expect(report).toEqual({
      files: [{ path, format: 'otlp-json', spanCount: 2, rejectedCount: 0, problems: [] }],
      spanCount: 2,
      problems: [],
    });
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    ['is empty', '', /: empty: there is nothing in it$/],
    ['is empty under gzip', gzipSync(''), /: empty: there is nothing in it$/],
    ['is noise', Uint8Array.from([0x99, 0, 1, 2, 3]), /: a binary file, no traces$/],
    ['is a README', '# Traces\n\nHere.\n', /: plain text, no traces$/],
    ['is cut off', otlp(1).slice(0, -9), /: /],
    ['is cut off under gzip', gzipSync(otlp(1)).subarray(0, -12), /: the compressed data is cut off$/],
    [
      'is cut off under zstd',
      zstdCompressSync(otlp(1)).subarray(0, -12),
      /: the compressed data is (broken or )?cut off$/,
    ],
    [
      'is half a frame of zstd',
      Buffer.concat([zstdCompressSync(otlp(1).slice(0, 9)), Buffer.alloc(9)]),
      /: the compressed/,
    ],
    [
      'is broken under gzip',
      Buffer.concat([gzipSync(otlp(1)).subarray(0, 12), Buffer.alloc(40, 7)]),
      /: the compressed data is broken or cut off$/,
    ],
    ['has no usable span', '[{"id":"1"}]', /: \[0\]: traceId is not 1 to 32 lower-case hex digits/],
    ['has no usable line', `${otlp(1).slice(0, 60)}\n{"resourceSpans":[}\n`, /: /],
  ])('that %s is an error with its name', async (_, content, message) => {
    const path = await write('traces', content);
    const failure = await read(path).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SourceError);
    expect((failure as SourceError).message).toContain(path);
    expect((failure as SourceError).message).toMatch(message);
  });

  it('that is missing is an error with a suggestion', async () => {
    await write('traces.json', otlp(1));
    const missing = join(folder, 'trace.jsn');
    await expect(read(missing)).rejects.toThrow(
      new SourceError(`${missing}: no such file or folder (did you mean "${join(folder, 'traces.json')}"?)`),
    );
    await expect(read(join(folder, 'x', 'y.json'))).rejects.toThrow(/nor is there a folder/);
  });
});

describe('readSource: JSON lines', () => {
  it('counts and names a broken line, and reads the others', async () => {
    const path = await write('lines', [otlp(1), '{"resourceSpans":[', '', otlp(2), 'oops', otlp(3)].join('\n'));
    const { report, spanIds } = await read(path);
    expect(spanIds).toEqual([1, 2, 3]);
    expect(report.files[0]).toMatchObject({ format: 'otlp-json-lines', spanCount: 3, rejectedCount: 0 });
    const broken = report.problems.filter(({ kind }) => kind === 'malformed-line');
    expect(broken.reduce((sum, { count }) => sum + count, 0)).toBe(2);
    expect(broken[0]?.message).toMatch(new RegExp(`^${path}:2: the line was left out: `));
  });

  it.each([1, 10, 1e6])('may begin in the middle of a line, in pieces of %i bytes', async (byteCount) => {
    const bytes = Buffer.from(`${[otlp(9).slice(40), otlp(1), otlp(2)].join('\n')}\n`);
    const { report, spanIds } = await read('-', pieces(bytes, byteCount));
    expect(spanIds).toEqual([1, 2]);
    expect(report.problems).toMatchObject([{ kind: 'malformed-line', count: 1 }]);
    expect(report.problems[0]?.message).toMatch(/^-:1: the line was left out: .* at byte 0/);
  });

  it.each([1, 2, 7, 100, 1000, 1e6])('is the same in pieces of %i bytes', async (byteCount) => {
    const bytes = Buffer.from(`\n${otlp(1, 2)}\r\n\n${otlp(3)}\n${otlp(4)}`);
    const { report, spanIds } = await read('-', pieces(bytes, byteCount));
    expect(spanIds).toEqual([1, 2, 3, 4]);
    expect(report).toMatchObject({ files: [{ path: '-', format: 'otlp-json-lines' }], problems: [] });
  });

  it('keeps what came before the file ended early', async () => {
    const lines = Array.from({ length: 2000 }, (_, index) => otlp(index * 7919 + 1)).join('\n');
    const path = await write('lines.gz', gzipSync(lines).subarray(0, -500));
    const { report, spanIds } = await read(path);
    expect(spanIds.length).toBeGreaterThan(100);
    expect(report.problems).toMatchObject([{ kind: 'truncated-file', count: 1 }]);
  });

  it('hands over batch by batch, each table emptied, the whole never held', async () => {
    const line = otlp(...Array.from({ length: 100 }, (_, index) => index + 1));
    const stdin = pieces(Buffer.from(`${line}\n`.repeat(200)), 64 * 1024);
    const batches: number[] = [];
    const report = await readSource('-', {
      stdin,
      dictionary: createDictionary(),
      onBatch: async (batch) => {
        await Promise.resolve();
        batches.push(batch.count);
      },
    });
    expect(report.spanCount).toBe(20_000);
    expect(batches.reduce((sum, count) => sum + count, 0)).toBe(20_000);
    expect(Math.max(...batches)).toBeLessThanOrEqual(1000);
  });
});

describe('readSource: a large document', () => {
  const PADDING = 'x'.repeat(60_000);
  const jaeger = (id: number) => ({
    traceID: `${id}`,
    spans: [
      {
        traceID: `${id}`,
        spanID: `${id}`,
        operationName: `${PADDING}"]}\\`,
        processID: 'p',
        startTime: id,
        duration: 1,
      },
    ],
    processes: { p: { serviceName: 'a' } },
  });
  const request = (id: number) => ({
    scopeSpans: [
      { spans: [{ traceId: `${id}`.padStart(32, '0'), spanId: `${id}`.padStart(16, '0'), name: PADDING, kind: 2 }] },
    ],
  });
  const zipkinSpan = (id: number) => ({ traceId: `${id}`, id: `${id}`, name: PADDING, localEndpoint: {} });
  const ids = Array.from({ length: 200 }, (_, at) => 100 + at);
  const protobuf = (id: number) => encodeOtlpProtobuf(protobufRequest(id));
  const frame = (message: Uint8Array) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(message.length);
    return Buffer.concat([length, message]);
  };

  const FORMATS: [name: string, format: string, document: (ids: readonly number[]) => Uint8Array][] = [
    ['OTLP JSON', 'otlp-json', (of) => Buffer.from(JSON.stringify({ resourceSpans: of.map(request) }))],
    ['what Tempo answers', 'otlp-json', (of) => Buffer.from(JSON.stringify({ batches: of.map(request) }, null, 1))],
    ['what Jaeger answers', 'jaeger-json', (of) => Buffer.from(JSON.stringify({ data: of.map(jaeger), total: 0 }))],
    ['a bare list of Jaeger', 'jaeger-json', (of) => Buffer.from(JSON.stringify(of.map(jaeger), null, 2))],
    ['spans of Zipkin', 'zipkin-json', (of) => Buffer.from(JSON.stringify(of.map(zipkinSpan)))],
    ['traces of Zipkin', 'zipkin-json', (of) => Buffer.from(JSON.stringify(of.map((id) => [zipkinSpan(id)])))],
    ['OTLP protobuf', 'otlp-protobuf', (of) => Buffer.concat(of.map(protobuf))],
    ['its messages', 'otlp-protobuf-frames', (of) => Buffer.concat(of.map((id) => frame(protobuf(id))))],
    [
      'its messages, each packed',
      'otlp-protobuf-frames',
      (of) => Buffer.concat(of.map((id) => frame(zstdCompressSync(protobuf(id))))),
    ],
  ];

  it.each(FORMATS)('%s is handed over record by record', async (name, format, document) => {
    const bytes = document(ids);
    const batches: number[] = [];
    const spanIds: number[] = [];
    const report = await readSource('-', {
      stdin: pieces(bytes, 1_000_003),
      dictionary: createDictionary(),
      onBatch: (batch) => {
        batches.push(batch.count);
        for (let row = 0; row < batch.count; row++) spanIds.push(Number(batch.spanId(row)));
      },
    });
    expect(report).toMatchObject({ spanCount: ids.length, files: [{ format }] });
    expect(spanIds).toEqual(ids);
    // What is packed, small again, is read in one go.
    if (bytes.length > 8 * 2 ** 20) expect(Math.max(...batches)).toBeLessThan(ids.length);
    else expect(name).toMatch(/packed/);
  });

  it.each(FORMATS)('%s, cut off, gives what came before, and says where it ends', async (_, __, document) => {
    for (const some of [ids, ids.slice(0, 3)]) {
      const { report, spanIds } = await read('-', pieces(document(some).subarray(0, -5), 1_000_003));
      expect(spanIds.map((id) => Number(id.toString(16)))).toEqual(some.slice(0, spanIds.length));
      expect(spanIds.length).toBeGreaterThanOrEqual(some.length - 1);
      expect(report.problems).toMatchObject([{ kind: 'truncated-file', count: 1 }]);
      expect(report.problems[0]?.message).toMatch(
        /^-:(record|message) \d+ at byte \d+: the file ends early: .*byte \d+/,
      );
    }
  });

  it('names a broken record by its byte and reads the others, in a small document too', async () => {
    for (const some of [ids, ids.slice(0, 3)]) {
      const text = JSON.stringify(some.map(zipkinSpan)).replace('"id":"101"', '"id":oops');
      const { report, spanIds } = await read('-', pieces(Buffer.from(text), 1_000_003));
      expect(spanIds.length).toBe(some.length - 1);
      const at = text.indexOf('{"traceId":"101"');
      expect(report.problems).toEqual([
        { kind: 'malformed-record', count: 1, message: `-:record 2 at byte ${at}: it was left out: not valid JSON` },
      ]);
    }
  });

  it('may be one JSON document behind the other', async () => {
    const text = [1, 2].map((id) => JSON.stringify({ resourceSpans: [request(id)] }, null, 1)).join('\n');
    expect((await read('-', pieces(Buffer.from(text), 1_000))).spanIds).toEqual([1, 2]);
  });

  it('of one record has a limit, with the way out', async () => {
    const bytes = Buffer.from(`{"traceID":"1","spans":[{"operationName":"${'x'.repeat(2 ** 20)}"}]}`);
    const sink = { table: new SpanTable(createDictionary()), flush: () => Promise.resolve() };
    const reading = readDocument('-', pieces(bytes, 1_000), sink, 2 ** 20);
    await expect(reading).rejects.toThrow('more than 1 MiB in one record; split it, or export OTLP JSON');
  });
});

describe('readSource: standard input', () => {
  it.each([1, 3, 64, 1e6])('a document in pieces of %i bytes', async (byteCount) => {
    expect(
      (await read('-', pieces(Buffer.from(JSON.stringify(JSON.parse(zipkin(1, 2)), null, 2)), byteCount))).spanIds,
    ).toEqual([1, 2]);
    expect((await read('-', pieces(gzipSync(zipkin(1, 2)), byteCount))).spanIds).toEqual([1, 2]);
    const frames = ['[', zipkin(1, 2).slice(1)].map((text) => zstdCompressSync(text));
    expect((await read('-', pieces(Buffer.concat(frames), byteCount))).spanIds).toEqual([1, 2]);
  });

  it('that is empty is an error', async () => {
    await expect(read('-', pieces(new Uint8Array(0), 1))).rejects.toThrow(/^standard input: empty/);
  });
});

describe('readSource: folder and glob', () => {
  it('reads all below, sorted, whatever the names, but nothing hidden', async () => {
    await write('b/z.json', otlp(3));
    await write('b/a/deep.bin', gzipSync(zipkin(2)));
    await write('a.json', otlp(1));
    await write('.git/hidden.json', otlp(9));
    await write('.hidden.json', otlp(9));
    await symlink(folder, join(folder, 'b', 'circle'));
    const { report, spanIds } = await read(folder);
    expect(report.files.map(({ path }) => path.slice(folder.length + 1))).toEqual([
      'a.json',
      'b/a/deep.bin',
      'b/z.json',
    ]);
    expect(spanIds).toEqual([1, 2, 3]);
  });

  it('leaves out a bad file among good ones, and says so', async () => {
    await write('1.json', otlp(1));
    const bad = await write('2.json', Uint8Array.from([0x0a, 100, 0, 1, 2]));
    await write('3.json', zipkin(3));
    const { report, spanIds } = await read(folder);
    expect(spanIds).toEqual([1, 3]);
    expect(report.files.map(({ format }) => format)).toEqual(['otlp-json', 'zipkin-json']);
    expect(report.problems).toEqual([
      {
        kind: 'unreadable-file',
        message: `${bad}: left out: cut off or broken OTLP protobuf, or another binary file, no traces`,
        count: 1,
      },
    ]);
  });

  it('without a readable file is an error, and so is an empty one', async () => {
    await expect(read(folder)).rejects.toThrow(/: the folder holds no files/);
    await write('readme.md', '# x');
    await expect(read(folder)).rejects.toThrow(
      /: none of its 1 files could be read; .*readme\.md: left out: plain text/,
    );
  });

  it('matches a glob', async () => {
    await write('x/1.json', otlp(1));
    await write('y/2.json', otlp(2));
    await write('y/2.txt', otlp(9));
    expect((await read(join(folder, '**', '*.json'))).spanIds).toEqual([1, 2]);
    expect((await read(join(folder, '{x,y}', '?.json'))).spanIds).toEqual([1, 2]);
    await expect(read(join(folder, '*.xml'))).rejects.toThrow(/no file matches/);
  });
});

describe('readSource: on the way', () => {
  it('tells how far it is, in bytes as they are stored', async () => {
    const first = gzipSync(otlp(1, 2));
    const second = Buffer.from(otlp(3));
    await write('1', first);
    await write('2', second);
    const seen: SourceProgress[] = [];
    await readSource(folder, {
      table: new SpanTable(createDictionary()),
      onProgress: (progress) => seen.push(progress),
    });
    const totalBytes = first.length + second.length;
    expect(seen.at(-1)).toEqual({ bytesRead: totalBytes, totalBytes, spanCount: 3, file: join(folder, '2') });
    expect(seen.every(({ bytesRead }, index) => index === 0 || bytesRead >= seen[index - 1]!.bytesRead)).toBe(true);
  });

  it('stops when it is told to', async () => {
    const path = await write('1', otlp(1));
    const table = new SpanTable(createDictionary());
    await expect(readSource(path, { table, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });

  it('lets a fault of the one who takes the spans through', async () => {
    const path = await write('1', otlp(1));
    const onBatch = () => {
      throw Object.assign(new Error('disk full'), { code: 'ENOSPC' });
    };
    await expect(readSource(path, { dictionary: createDictionary(), onBatch })).rejects.toThrow('disk full');
  });
});

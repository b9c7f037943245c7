import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createDictionary, SpanTable } from '../../../analyzer/model/span-table.ts';
import { type Product, recordedTraces } from '../../../fixtures/pull/recorded-traces.ts';
import { type Fault, startTraceBackend, type TraceBackend } from '../../../fixtures/pull/trace-backend.ts';
import { readSource, type SourceProgress } from '../index.ts';

const PRODUCTS: readonly Product[] = ['jaeger', 'tempo', 'zipkin'];
/** 2023-11-14T22:13:20Z, a whole second. */
const FROM_US = 1_700_000_000_000_000;
const MINUTE_US = 60_000_000;

let backend: TraceBackend | undefined;
afterEach(async () => {
  await backend?.close();
  backend = undefined;
});

/** A backend with copies of what was recorded, one for each offset from `FROM_US`. */
async function backendWith(product: Product, offsetsUs: readonly number[], fault?: Fault): Promise<TraceBackend> {
  backend = await startTraceBackend(
    product,
    recordedTraces(
      product,
      offsetsUs.map((offset) => FROM_US + offset),
    ),
    fault,
  );
  return backend;
}

const iso = (offsetUs: number) => new Date((FROM_US + offsetUs) / 1000).toISOString();

/** The hour from `FROM_US` on, less a second for what starts just then. */
const HOUR = `?from=${iso(-1e6)}&to=${iso(60 * MINUTE_US)}`;

/** Of one service where each service is asked for by itself, which all traces have: that is enough of requests. */
const hourOf = (product: Product) => (product === 'jaeger' ? `${HOUR}&service=nginx-web-server` : HOUR);

async function pull(url: string) {
  const table = new SpanTable(createDictionary());
  const seen: SourceProgress[] = [];
  const report = await readSource(url, { table, onProgress: (step) => seen.push(step) });
  const spansOf = new Map<string, number>();
  for (let row = 0; row < table.count; row++) {
    spansOf.set(table.traceId(row), (spansOf.get(table.traceId(row)) ?? 0) + 1);
  }
  return { report, table, seen, spansOf };
}

const expectedOf = ({ traces }: TraceBackend) =>
  new Map(traces.map(({ traceId, spanCount }) => [traceId.padStart(32, '0'), spanCount]));

const sorted = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

const minutes = (count: number) => Array.from({ length: count }, (_, index) => index * MINUTE_US);

describe.each(PRODUCTS)('pulling from %s', (product) => {
  it('takes each trace of the window once, with all its spans', async () => {
    const { url, traces } = await backendWith(product, [-2 * MINUTE_US, 0, 7 * MINUTE_US, 61 * MINUTE_US]);
    const inWindow = traces.filter(({ startsUs }) =>
      startsUs.some((us) => us >= FROM_US && us < FROM_US + 60 * MINUTE_US),
    );
    expect(inWindow).toHaveLength(traces.length / 2);
    const { report, spansOf, seen } = await pull(url + HOUR);
    expect(sorted(spansOf)).toEqual(sorted(expectedOf({ ...backend!, traces: inWindow })));
    expect(report.problems).toEqual([]);
    expect(report.files).toMatchObject([{ path: url, spanCount: report.spanCount, rejectedCount: 0 }]);
    const last = seen.at(-1)!;
    expect(last).toMatchObject({ totalBytes: last.bytesRead, spanCount: report.spanCount, file: url });
  });

  it.each([5, 9])('with %i traces a page it asks for parts of the window until none is cut', async (pageSize) => {
    const { url, requests } = await backendWith(product, minutes(6));
    const { report, spansOf } = await pull(`${url}${hourOf(product)}&pageSize=${pageSize}`);
    expect(sorted(spansOf)).toEqual(sorted(expectedOf(backend!)));
    expect(report.problems).toEqual([]);
    expect(requests.length).toBeGreaterThan(6);
    expect(backend!.mostAtOnce).toBeGreaterThan(1);
    expect(backend!.mostAtOnce).toBeLessThanOrEqual(4);
  });

  it('says where a window holds more than a page and cannot be split any more', async () => {
    const { url } = await backendWith(
      product,
      Array.from({ length: 6 }, () => 500),
    );
    const { report, spansOf } = await pull(`${url}${hourOf(product)}&pageSize=2`);
    expect(spansOf.size).toBeLessThan(backend!.traces.length);
    expect(report.problems[0]?.kind).toBe('pull-window-full');
    expect(report.problems[0]?.message).toMatch(/hold 2 traces or more; those above 2 are missing, raise pageSize=/);
    const whole = await pull(`${url}${hourOf(product)}&pageSize=100`);
    expect(sorted(whole.spansOf)).toEqual(sorted(expectedOf(backend!)));
    expect(whole.report.problems).toEqual([]);
  });

  it('takes the traces of the services named', async () => {
    const { url, traces } = await backendWith(product, [0]);
    const names = [...new Set(traces.flatMap(({ services }) => services))].sort().slice(0, 2);
    const wanted = traces.filter(({ services }) => names.some((name) => services.includes(name)));
    const { spansOf } = await pull(`${url}${HOUR}&${names.map((name) => `service=${name}`).join('&')}`);
    expect(sorted(spansOf)).toEqual(sorted(expectedOf({ ...backend!, traces: wanted })));
    if (product === 'tempo') return;
    await expect(pull(`${url}${HOUR}&service=${names[0]!}x`)).rejects.toThrow(
      `it knows no service "${names[0]!}x" (did you mean "${names[0]!}"?)`,
    );
  });

  it('stops at the limit and says so', async () => {
    const { url } = await backendWith(product, minutes(5));
    const { report, spansOf } = await pull(`${url}${HOUR}&limit=3`);
    expect(spansOf.size).toBe(3);
    expect(report.problems.map(({ kind }) => kind)).toEqual(['pull-limit']);
  });

  it('finds nothing in an empty window', async () => {
    const { url } = await backendWith(product, [0]);
    const { report } = await pull(`${url}?from=2020-01-01&to=2020-01-02`);
    expect(report).toMatchObject({ spanCount: 0, problems: [] });
  });

  it('asks for the last hour if no window is named', async () => {
    const now = Date.now() * 1000 - FROM_US;
    const { url, traces } = await backendWith(product, [now - 2 * 60 * MINUTE_US, now - 2 * MINUTE_US]);
    const { spansOf } = await pull(url);
    expect(spansOf.size).toBe(traces.length / 2);
  });

  it('the same answers give the same table', async () => {
    const { url } = await backendWith(product, minutes(3));
    const rows = async () => {
      const { table } = await pull(`${url}${hourOf(product)}&pageSize=10`);
      return Array.from({ length: table.count }, (_, row) => table.span(row));
    };
    expect(await rows()).toEqual(await rows());
  });

  it.each([
    ['an answer of another kind', '{"no":"traces"}', /is this a (Jaeger query service|Tempo|Zipkin)\?/],
    ['something that is not JSON', 'hello', /is this a (Jaeger query service|Tempo|Zipkin)\?/],
  ])('names %s', async (_, body, message) => {
    const { url } = await backendWith(product, [0], (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
      return true;
    });
    // An empty search is what Tempo answers where there is nothing: then there is nothing to read.
    if (product === 'tempo' && body.startsWith('{')) expect((await pull(url + HOUR)).report.spanCount).toBe(0);
    else await expect(pull(url + HOUR)).rejects.toThrow(message);
  });
});

describe('pulling from Jaeger', () => {
  it('does not trust a short page with many spans: over Cassandra it may be cut', async () => {
    const { url, requests } = await backendWith('jaeger', [0]);
    await pull(`${url}${HOUR}&service=compose-post-service&pageSize=30`);
    const within = requests.length;
    requests.length = 0;
    // Four traces with eight spans each of this service, at most three times five were looked at.
    await pull(`${url}${HOUR}&service=compose-post-service&pageSize=5`);
    expect(within).toBe(2);
    expect(requests.length).toBeGreaterThan(2);
  });
});

describe('pulling from Tempo', () => {
  it('falls back to the first version of its API', async () => {
    const { url } = await backendWith('tempo', [0, MINUTE_US], (request, response) => {
      if (request.url?.startsWith('/api/v2/') !== true) return false;
      response.writeHead(404).end('404 page not found');
      return true;
    });
    const { spansOf, report } = await pull(url + HOUR);
    expect(sorted(spansOf)).toEqual(sorted(expectedOf(backend!)));
    expect(report.problems).toEqual([]);
  });

  it('names traces that are gone, and those that are there in part', async () => {
    const { url } = await backendWith('tempo', [0, MINUTE_US, 2 * MINUTE_US], (request, response) => {
      const [, version] = /^\/api\/(v2\/)?traces\/0*cccc?c?c?1/.exec(request.url ?? '') ?? [];
      if (request.url?.includes('/traces/ccccc1') === true) response.writeHead(404).end();
      else if (request.url?.includes('/v2/traces/ccccc2') === true) {
        // An empty trace = 1, status = 3: PARTIAL.
        response.writeHead(200, { 'content-type': 'application/protobuf' }).end(Uint8Array.of(0x0a, 0, 0x18, 1));
      } else return version !== undefined;
      return true;
    });
    const { report, spansOf } = await pull(url + HOUR);
    expect(spansOf.size).toBe(1);
    expect(report.problems.map(({ kind, count }) => [kind, count])).toEqual([
      ['pull-trace-gone', 1],
      ['pull-trace-partial', 1],
    ]);
  });

  it('reads JSON where something made JSON of it', async () => {
    const { url } = await backendWith('tempo', [0], (request, response) => {
      if (request.url?.includes('/traces/') !== true) return false;
      const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', name: 'a' };
      const times = { startTimeUnixNano: '1700000000000000000', endTimeUnixNano: '1700000000000001000' };
      const trace = { resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, ...times }] }] }] };
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync(JSON.stringify({ trace })));
      return true;
    });
    const { table } = await pull(url + HOUR);
    expect(table.traceId(0)).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(table.count).toBe(1);
  });
});

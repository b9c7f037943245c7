import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edgesOf, observed } from '../../fixtures/drawn-rollup.ts';
import { generateSpans, shuffled, type SpanDraft, tableOf } from '../../fixtures/generate.ts';
import { seededRandom } from '../../fixtures/seeded.ts';
import { createDictionary } from '../model/span-table.ts';
import { encodeRollup } from '../rollup/encode-rollup.ts';
import { mergeRollups } from '../rollup/merge-rollups.ts';
import { RollupBuilder } from '../rollup/rollup-builder.ts';
import type { Rollup } from '../rollup/rollup.ts';

const traffic = fc.record({
  seed: fc.integer(),
  traceCount: fc.integer({ min: 1, max: 4 }),
  spansPerTrace: fc.integer({ min: 1, max: 50 }),
  isDirty: fc.boolean(),
});
type Traffic = typeof traffic extends fc.Arbitrary<infer T> ? T : never;

describe('what a set of spans shows', () => {
  it('depends neither on their order nor on their batches nor on the number of copies', () => {
    fc.assert(
      fc.property(traffic, (options) => {
        const random = seededRandom(options.seed ^ 1);
        const spans = realSpans(options);
        const whole = encodeRollup(observed(spans));
        expect(encodeRollup(observed(shuffled([...spans], random)))).toEqual(whole);
        expect(encodeRollup(observed([...spans, ...shuffled([...spans], random), ...spans]))).toEqual(whole);
        const dictionary = createDictionary();
        const builder = new RollupBuilder(dictionary);
        const traces = shuffled([...Map.groupBy(spans, ({ traceId }) => traceId).values()], random);
        for (const trace of traces) builder.observe(tableOf(shuffled(trace, random), dictionary));
        expect(encodeRollup(builder.finish())).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  it('does not change when unrelated traces come along', () => {
    fc.assert(
      fc.property(traffic, traffic, (options, others) => {
        const spans = realSpans(options);
        const unrelated = realSpans({ ...others, seed: options.seed + 1 }).map((span) => ({
          ...span,
          resource: { ...span.resource, service: `other-${span.resource.service}` },
        }));
        const both = observed([...unrelated, ...spans]);
        expect(encodeRollup(both)).toEqual(encodeRollup(mergeRollups([observed(spans), observed(unrelated)])));
        const ofServices = (edge: string): boolean => edge.startsWith('service-');
        expect(edgesOf(both).filter(ofServices)).toEqual(edgesOf(observed(spans)).filter(ofServices));
      }),
      { numRuns: 40 },
    );
  });

  it('does not depend on how traces and spans are numbered', () => {
    fc.assert(
      fc.property(traffic, fc.integer({ min: 1, max: 0xffff }), (options, salt) => {
        const spans = realSpans({ ...options, isDirty: false });
        const renumbered = (id: string): string =>
          Array.from(id, (digit, at) => (parseInt(digit, 16) ^ ((salt >> (at % 4)) & 15)).toString(16)).join('');
        const others = spans.map((span) => ({
          ...span,
          traceId: renumbered(span.traceId),
          spanId: renumbered(span.spanId),
          ...(span.parentSpanId === undefined ? {} : { parentSpanId: renumbered(span.parentSpanId) }),
        }));
        expect(countsOf(observed(others))).toEqual(countsOf(observed(spans)));
      }),
      { numRuns: 40 },
    );
  });

  it('is the same with a sidecar on both ends of each call', () => {
    fc.assert(
      fc.property(traffic, (options) => {
        const spans = generateSpans({ ...options, isDirty: false, serviceCount: 5 });
        expect(callsOf(observed(withSidecars(spans)))).toEqual(callsOf(observed(spans)));
      }),
      { numRuns: 40 },
    );
  });

  it('has a call for each SERVER or CONSUMER span with a caller, found by walking up one span at a time', () => {
    fc.assert(
      fc.property(traffic, (options) => {
        const spans = generateSpans({ ...options, isDirty: false, serviceCount: 5 });
        let answered = 0;
        for (const span of spans) {
          if (span.kind !== 'server' && span.kind !== 'consumer') continue;
          let caller = parentOf(spans, span);
          while (caller?.kind === 'internal' && caller.resource.service === span.resource.service) {
            caller = parentOf(spans, caller);
          }
          if (caller !== undefined) answered++;
        }
        const calls = [...observed(spans).dependencies.values()].filter(
          ({ mode, callee }) => mode !== 'data' && !callee.startsWith('destination:'),
        );
        const toServices = calls.filter(({ callee }) => callee.startsWith('service-'));
        expect(sum(toServices, ({ callCount }) => callCount)).toBe(answered);
        for (const { callCount, clientOnlyCount, serverOnlyCount, crossRegionCount } of calls) {
          expect(clientOnlyCount + serverOnlyCount).toBeLessThanOrEqual(callCount);
          expect(crossRegionCount).toBeLessThanOrEqual(callCount);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('counts as calls across regions what a look at both ends finds', () => {
    fc.assert(
      fc.property(traffic, (options) => {
        const spans = realSpans({ ...options, isDirty: false });
        let acrossCount = 0;
        for (const span of spans) {
          const caller = parentOf(spans, span);
          if (span.kind !== 'server' || caller === undefined) continue;
          const [from, to] = [caller.resource.region, span.resource.region];
          if (from !== undefined && to !== undefined && from !== to) acrossCount++;
        }
        const found = sum([...observed(spans).dependencies.values()], ({ crossRegionCount }) => crossRegionCount);
        expect(found).toBe(acrossCount);
      }),
      { numRuns: 40 },
    );
  });
});

describe('dimensions of a service', () => {
  it('are counted with first and last time, by the spans that carry them', () => {
    const span = (spanId: string, startUs: number, resource: Partial<SpanDraft['resource']>): SpanDraft => ({
      traceId: '1',
      spanId,
      kind: 'server',
      startUs,
      endUs: startUs + 5,
      resource: { service: 'a', ...resource },
    });
    const { nodes } = observed([
      span('1', 30, { version: '2', region: 'fra', zone: 'fra-1', cluster: 'blue', k8sNamespace: 'shop' }),
      span('2', 10, { version: '2' }),
      span('3', 20, { version: '1', region: 'fra' }),
      span('4', 40, {}),
    ]);
    const seen = Array.from(
      nodes.get('a')!.seenValues.values(),
      ({ dimension, value, spanCount, firstSeenUs, lastSeenUs }) =>
        `${dimension} ${value} ${spanCount} ${firstSeenUs}-${lastSeenUs}`,
    );
    expect(seen.sort()).toEqual([
      'cluster blue 1 30-30',
      'k8sNamespace shop 1 30-30',
      'region fra 2 20-30',
      'version 1 1 20-20',
      'version 2 2 10-30',
      'zone fra-1 1 30-30',
    ]);
  });

  it.each([
    ['two regions', { region: 'fra' }, { region: 'ams' }, 1],
    ['one region, two clusters', { region: 'fra', cluster: 'x' }, { region: 'fra', cluster: 'y' }, 0],
    ['two clusters, one of them of no known region', { region: 'fra', cluster: 'x' }, { cluster: 'y' }, 1],
    ['two zones', { zone: 'x' }, { zone: 'y' }, 0],
    ['nothing to compare', { region: 'fra' }, { cluster: 'x' }, 0],
  ])('%s', (_, from, to, crossRegionCount) => {
    const call: SpanDraft[] = [
      { traceId: '1', spanId: '1', kind: 'client', startUs: 0, endUs: 9, resource: { service: 'a', ...from } },
      {
        traceId: '1',
        spanId: '2',
        parentSpanId: '1',
        kind: 'server',
        startUs: 1,
        endUs: 8,
        resource: { service: 'b', ...to },
      },
    ];
    expect([...observed(call).dependencies.values()]).toMatchObject([{ callCount: 1, crossRegionCount }]);
  });
});

/** Traffic as it comes: clocks that disagree, several regions and versions, sampled, here and there a proxy. */
function realSpans(options: Traffic): SpanDraft[] {
  return generateSpans({ ...options, serviceCount: 5 }).map((span) => {
    const number = Number(/\d+$/.exec(span.resource.service)?.[0] ?? 0);
    const bySpan = parseInt(span.spanId.slice(-2), 16);
    const skewUs = number === 3 ? 700_000 : number === 4 ? -20 : 0;
    return {
      ...span,
      startUs: (span.startUs ?? 0) + skewUs,
      endUs: (span.endUs ?? 0) + skewUs,
      resource: {
        ...span.resource,
        version: `1.${bySpan % 3}`,
        ...(number === 2 ? {} : { region: `region-${number % 2}` }),
      },
      attributes: {
        ...span.attributes,
        ...(number % 2 === 0 ? { 'sampling.threshold': number === 0 ? '8' : 'c' } : {}),
        ...(bySpan % 17 === 0 ? { component: 'proxy' } : {}),
      },
    };
  });
}

/** Puts two proxies between each CLIENT span and the SERVER span below it. */
function withSidecars(spans: readonly SpanDraft[]): SpanDraft[] {
  return spans.flatMap((span): SpanDraft[] => {
    const caller = parentOf(spans, span);
    if (span.kind !== 'server' || caller?.kind !== 'client') return [span];
    const [outgoing, incoming] = ['aaaa', 'bbbb'].map((prefix) => prefix + span.spanId.slice(4));
    const proxy = (spanId: string, parentSpanId: string, service: string, kind: 'client' | 'server'): SpanDraft => ({
      ...span,
      spanId,
      parentSpanId,
      kind,
      resource: { service },
      attributes: { component: 'proxy' },
    });
    return [
      proxy(outgoing!, caller.spanId, `envoy-of-${caller.resource.service}`, 'client'),
      proxy(incoming!, outgoing!, `envoy-of-${span.resource.service}`, 'server'),
      { ...span, parentSpanId: incoming! },
    ];
  });
}

function parentOf(spans: readonly SpanDraft[], { traceId, parentSpanId }: SpanDraft): SpanDraft | undefined {
  return spans.find((other) => other.traceId === traceId && other.spanId === parentSpanId);
}

function callsOf(rollup: Rollup): string[] {
  return Array.from(
    rollup.dependencies.values(),
    ({ caller, callee, callCount }) => `${caller} ${callee} ${callCount}`,
  ).sort();
}

function countsOf(rollup: Rollup): string[] {
  return Array.from(rollup.dependencies.values(), ({ traceIds, latency, callSites, criticalUs, ...dependency }) =>
    JSON.stringify([dependency, traceIds.length, latency.count, callSites.size, criticalUs >= 0]),
  ).sort();
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

import { readdir, rm } from 'node:fs/promises';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createDictionary } from '../../analyzer/model/span-table.ts';
import { encodeRollup } from '../../analyzer/rollup/encode-rollup.ts';
import { addRollup, emptyRollup } from '../../analyzer/rollup/merge-rollups.ts';
import { RollupBuilder } from '../../analyzer/rollup/rollup-builder.ts';
import { generateSpans, shuffled, type SpanDraft, tableOf } from '../../fixtures/generate.ts';
import { seededRandom } from '../../fixtures/seeded.ts';
import { SpillError, SpillFile } from './spill-file.ts';
import { TracePartitions } from './trace-partitions.ts';

const folder = mkdtempSync(join(tmpdir(), 'partitions-'));
afterAll(() => rm(folder, { recursive: true }));

/** Consumers that got messages from other traces, ids cut to 64 bits, card numbers, names and instances without end. */
function tangledSpans(seed: number, traceCount: number, spansPerTrace: number): SpanDraft[] {
  const random = seededRandom(seed);
  const spans = generateSpans({ seed, traceCount, spansPerTrace, isDirty: true, serviceCount: 5 });
  const producers = spans.filter(({ kind }) => kind === 'producer');
  const any = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const tangled = spans.map((span, number): SpanDraft => {
    const dice = random();
    if (dice < 0.2 && producers.length > 0) {
      const { attributes, parentSpanId, ...rest } = span;
      const links = [any(producers), any(producers)].map(({ traceId, spanId }) => ({ traceId, spanId }));
      const keepsParent = random() < 0.3 && parentSpanId !== undefined;
      const messaging = { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders.paid' } as const;
      return {
        ...rest,
        ...(keepsParent ? { parentSpanId } : {}),
        kind: 'consumer',
        links,
        attributes: random() < 0.5 ? messaging : (attributes ?? {}),
      };
    }
    if (dice < 0.25) return { ...span, traceId: span.traceId.slice(16).padStart(32, '0') };
    if (dice < 0.3)
      return { ...span, cardEvidence: [{ place: `tag ${number % 3}`, brand: 'visa', strength: 'strong' }] };
    if (dice < 0.4) return { ...span, name: `job ${seed} ${number} ${'x'.repeat((number * 7) % 1500)}` };
    if (dice < 0.5) {
      const environment = number % 2 === 0 ? 'staging' : 'production';
      return { ...span, resource: { ...span.resource, environment, instance: `i-${number}`, pciScope: 'cde' } };
    }
    return span;
  });
  return shuffled(tangled, random);
}

async function viaPartitions(spans: readonly SpanDraft[], batchSize: number, memoryLimitBytes: number) {
  const partitions = new TracePartitions({ memoryLimitBytes, folder, seed: batchSize });
  for (let at = 0; at < spans.length; at += batchSize) {
    await partitions.add(tableOf(spans.slice(at, at + batchSize), partitions.dictionary));
  }
  const rollup = emptyRollup();
  let builder: RollupBuilder | undefined;
  let dictionary = partitions.dictionary;
  let tableCount = 0;
  let dictionaryCount = 0;
  for await (const table of partitions.tables()) {
    tableCount++;
    if (builder === undefined) builder = new RollupBuilder(table.dictionary);
    else if (table.dictionary !== dictionary) addRollup(rollup, builder.moveTo(table.dictionary));
    if (table.dictionary !== dictionary) dictionaryCount++;
    ({ dictionary } = table);
    builder.observe(table);
  }
  if (builder !== undefined) addRollup(rollup, builder.finish());
  const { spilledByteCount } = partitions;
  await partitions.close();
  return { bytes: encodeRollup(rollup), tableCount, dictionaryCount, spilledByteCount };
}

function inMemory(spans: readonly SpanDraft[]): Uint8Array {
  const table = tableOf(spans);
  const builder = new RollupBuilder(table.dictionary);
  builder.observe(table);
  return encodeRollup(builder.finish());
}

describe('spans by whole traces, in little memory', () => {
  it('give the same bytes as in one table, whatever was written and split', async () => {
    let mostTables = 0;
    let mostDictionaries = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom(200, 2_000, 20_000, 1e9),
        async (seed, spansPerTrace, batchSize, memoryLimitBytes) => {
          const spans = tangledSpans(seed, 20, spansPerTrace);
          const result = await viaPartitions(spans, batchSize, memoryLimitBytes);
          expect(result.bytes).toEqual(inMemory(spans));
          mostTables = Math.max(mostTables, result.tableCount);
          mostDictionaries = Math.max(mostDictionaries, result.dictionaryCount);
        },
      ),
      { numRuns: 15 },
    );
    expect(mostTables).toBeGreaterThan(10);
    expect(mostDictionaries).toBeGreaterThan(2);
  });

  it('write nothing while they fit', async () => {
    const spans = tangledSpans(1, 10, 20);
    expect(await viaPartitions(spans, 50, 1e9)).toMatchObject({ tableCount: 1, spilledByteCount: 0 });
    expect((await viaPartitions(spans, 50, 1_000)).spilledByteCount).toBeGreaterThan(0);
  });

  it('of one large trace come in one table, since no hash divides them', async () => {
    const spans = generateSpans({ seed: 3, traceCount: 1, spansPerTrace: 2_000 });
    const result = await viaPartitions(spans, 100, 10_000);
    expect(result.tableCount).toBe(1);
    expect(result.bytes).toEqual(inMemory(spans));
  });

  it('tell every environment that a resource names, though its rows are elsewhere by now', async () => {
    const partitions = new TracePartitions({ memoryLimitBytes: 500, folder });
    for (const [at, environment] of ['a', 'b', 'c', 'd'].entries()) {
      const span = { traceId: `${at + 1}`, spanId: '1', resource: { service: 's', environment } };
      await partitions.add(tableOf([span], partitions.dictionary));
    }
    let spanCount = 0;
    for await (const table of partitions.tables()) spanCount += table.count;
    expect(spanCount).toBe(4);
    expect([...partitions.environments].sort()).toEqual(['a', 'b', 'c', 'd']);
    await partitions.close();
  });

  it('may come over any dictionary', async () => {
    const spans = tangledSpans(9, 5, 20);
    const partitions = new TracePartitions({ folder });
    await partitions.add(tableOf(spans.slice(0, 30), createDictionary()));
    await partitions.add(tableOf(spans.slice(30), partitions.dictionary));
    const rollups: Uint8Array[] = [];
    for await (const table of partitions.tables()) {
      const builder = new RollupBuilder(table.dictionary);
      builder.observe(table);
      rollups.push(encodeRollup(builder.finish()));
    }
    expect(rollups).toEqual([inMemory(spans)]);
  });
});

describe('the temporary file', () => {
  it('has no name, so that no end of the process leaves it behind, and only its owner could read it', async () => {
    const file = await SpillFile.create(folder);
    const extents = [await file.append(Buffer.from('first')), await file.append(Buffer.from('second'))];
    expect(await readdir(folder)).toEqual([]);
    expect((await file.mode()) & 0o777).toBe(0o600);
    expect(Buffer.from(await file.read(extents[1]!)).toString()).toBe('second');
    expect(Buffer.from(await file.read(extents[0]!)).toString()).toBe('first');
    await file.close();
  });

  it('says what to do where there is no place for it', async () => {
    const creation = SpillFile.create(join(folder, 'nowhere'));
    await expect(creation).rejects.toThrow(SpillError);
    await expect(SpillFile.create(join(folder, 'nowhere'))).rejects.toThrow(/TMPDIR/);
  });
});

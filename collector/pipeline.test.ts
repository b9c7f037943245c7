import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { DirectoryLockedError } from './journal/directory-lock.ts';
import { Pipeline, type PipelineOptions, type PipelineStore } from './pipeline.ts';

let directory: string;
let running: Pipeline<string[]>[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringfence-pipeline-'));
});
afterEach(async () => {
  for (const pipeline of running) await pipeline.stop().catch(() => undefined);
  running = [];
  rmSync(directory, { recursive: true });
});

/** A store in memory, which survives its pipelines. */
class MemoryStore implements PipelineStore<string[]> {
  checkpoint: Uint8Array | undefined;
  readonly names: string[] = [];
  /** Called before and after a commit; throws where the store is to fail. */
  before: () => void = () => undefined;
  after: () => void = () => undefined;

  readCheckpoint(): Uint8Array | undefined {
    return this.checkpoint;
  }

  commit(delta: string[], checkpoint: Uint8Array): void {
    this.before();
    this.names.push(...delta);
    this.checkpoint = checkpoint;
    this.after();
  }
}

async function start(store: MemoryStore, options: Partial<PipelineOptions<string[]>> = {}) {
  let observed: string[] = [];
  const errors: unknown[] = [];
  const pipeline = new Pipeline<string[]>({
    dataDirectory: directory,
    store,
    onTrace: (trace) => {
      for (let row = 0; row < trace.count; row++) observed.push(trace.span(row).name);
    },
    takeDelta: () => {
      const taken = observed;
      observed = [];
      return taken;
    },
    onError: (error) => errors.push(error),
    checkpointIntervalMs: 1_000_000,
    closeIntervalMs: 1_000_000,
    ...options,
  });
  running.push(pipeline);
  const report = await pipeline.start();
  return { pipeline, report, errors };
}

/** Sends one span, whose trace is its first letter. */
async function send(pipeline: Pipeline<string[]>, ...names: readonly string[]): Promise<void> {
  const table = pipeline.createTable();
  for (const name of names) {
    const traceId = name.charCodeAt(0).toString(16);
    table.addSpan({ traceId, spanId: '1', resource: { service: 'droplets' }, name });
  }
  await pipeline.ingest(table);
}

it('takes open traces over a restart, whole', async () => {
  const store = new MemoryStore();
  const first = await start(store);
  await send(first.pipeline, 'a1', 'b1');
  await first.pipeline.stop();
  expect(store.names).toEqual([]);

  const second = await start(store);
  expect(second.report).toMatchObject({ recordCount: 1, spanCount: 2 });
  await send(second.pipeline, 'a2');
  second.pipeline.closeOpenTraces();
  await second.pipeline.stop();
  expect(store.names).toEqual(['a1', 'a2', 'b1']);

  const third = await start(store);
  expect(third.report.spanCount).toBe(0);
});

it('counts a trace again only with what came after it was closed', async () => {
  const store = new MemoryStore();
  const first = await start(store);
  await send(first.pipeline, 'a1');
  first.pipeline.closeOpenTraces();
  await send(first.pipeline, 'a2');
  await first.pipeline.commit();
  expect(first.pipeline.status).toMatchObject({ lateTraceCount: 1, openTraceCount: 1 });
  await first.pipeline.stop();
  const second = await start(store);
  second.pipeline.closeOpenTraces();
  await second.pipeline.stop();
  expect(store.names).toEqual(['a1', 'a2']);
});

it('keeps what a failed commit should have stored, and stores it once', async () => {
  const store = new MemoryStore();
  const { pipeline } = await start(store);
  await send(pipeline, 'a1');
  pipeline.closeOpenTraces();
  store.before = () => {
    throw new Error('the disk is full');
  };
  await expect(pipeline.commit()).rejects.toThrow('the disk is full');
  await send(pipeline, 'b1');
  pipeline.closeOpenTraces();
  await expect(pipeline.commit()).rejects.toThrow('the disk is full');
  expect(pipeline.status.failedCommitCount).toBe(2);
  store.before = () => undefined;
  await pipeline.stop();
  expect(store.names).toEqual(['a1', 'b1']);
  expect(pipeline.status.failedCommitCount).toBe(0);
});

it('does not repeat a commit that succeeded although the store said otherwise', async () => {
  const store = new MemoryStore();
  const { pipeline } = await start(store);
  await send(pipeline, 'a1');
  pipeline.closeOpenTraces();
  store.after = () => {
    throw new Error('the answer was lost');
  };
  await expect(pipeline.commit()).rejects.toThrow('the answer was lost');
  store.after = () => undefined;
  await pipeline.commit();
  expect(store.names).toEqual(['a1']);
});

it('commits by itself, closes traces by itself, and deletes what is stored', async () => {
  const store = new MemoryStore();
  const { pipeline } = await start(store, {
    checkpointIntervalMs: 5,
    closeIntervalMs: 5,
    assembler: { idleLimitMs: 20 },
    journal: { segmentByteLimit: 100 },
  });
  for (const name of ['a1', 'b1', 'c1', 'd1']) await send(pipeline, name);
  const segmentCount = () => readdirSync(join(directory, 'journal')).length;
  await expect.poll(() => store.names.length).toBe(4);
  await expect.poll(segmentCount).toBe(1);
});

it('goes on when a trace cannot be observed', async () => {
  const store = new MemoryStore();
  const seen: string[] = [];
  const { pipeline, errors } = await start(store, {
    onTrace: (trace) => {
      if (trace.span(0).name === 'b1') throw new Error('a fault of the analyzer');
      seen.push(trace.span(0).name);
    },
  });
  await send(pipeline, 'a1', 'b1', 'c1');
  pipeline.closeOpenTraces();
  expect(seen).toEqual(['a1', 'c1']);
  expect(pipeline.status.failedTraceCount).toBe(1);
  expect(errors).toHaveLength(1);
});

it('forgets names: a new dictionary is begun when one is full, and traces over both come whole', async () => {
  const store = new MemoryStore();
  const { pipeline } = await start(store, { dictionaryByteLimit: 30_000 });
  const first = pipeline.createTable().dictionary;
  await send(pipeline, 'a1', 'b1');
  for (let number = 0; number < 50; number++) await send(pipeline, `c${number} ${'x'.repeat(2_000)}`);
  expect(pipeline.createTable().dictionary).not.toBe(first);
  await send(pipeline, 'a2');
  pipeline.closeOpenTraces();
  await pipeline.commit();
  expect(store.names.filter((name) => name.startsWith('a'))).toEqual(['a1', 'a2']);
  expect(store.names).toHaveLength(53);
});

it('refuses spans before it runs and after it stopped', async () => {
  const store = new MemoryStore();
  const { pipeline } = await start(store);
  await pipeline.stop();
  await expect(send(pipeline, 'a1')).rejects.toThrow('not running');
  expect(pipeline.status.refusal).toContain('not running');
});

it('says who has the data directory', async () => {
  const store = new MemoryStore();
  await start(store);
  await expect(start(new MemoryStore())).rejects.toThrow(DirectoryLockedError);
});

it('does not start on a checkpoint that it cannot read, and leaves the directory free', async () => {
  const store = new MemoryStore();
  store.checkpoint = Uint8Array.of(1, 2, 3);
  await expect(start(store)).rejects.toThrow('cannot be read');
  store.checkpoint = undefined;
  await start(store);
});

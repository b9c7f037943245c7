import { Worker } from 'node:worker_threads';

import type { BenchResult } from './bench.ts';

/** graphology-components recurses once for each node on its way: the usual stack is too small for 10,000 services. */
const STACK_MIB = 256;

/** Strongly connected components against graphology-components, in a thread whose stack is big enough for it. */
export function benchGraph(): Promise<BenchResult[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('graph-worker.ts', import.meta.url), {
      resourceLimits: { stackSizeMb: STACK_MIB },
    });
    worker.once('message', (results: BenchResult[]) => resolve(results));
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread ended without a result')));
  });
}

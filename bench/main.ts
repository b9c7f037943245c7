import { fork } from 'node:child_process';
import { cpus } from 'node:os';

import { type BenchResult, median } from './bench.ts';
import { BENCHES } from './figures.ts';
import { cpuMsOf } from './measure.ts';
import { tableOf } from './table.ts';

/** `npm run bench`, or `npm run bench -- decode graph`: every figure, and whether it is met. Fails only where a bench does. */
async function main(names: readonly string[]): Promise<void> {
  const unknown = names.find((name) => BENCHES[name] === undefined);
  if (unknown !== undefined) {
    process.stderr.write(`bench: there is no ${unknown}; there are ${Object.keys(BENCHES).join(', ')}\n`);
    process.exitCode = 2;
    return;
  }
  const results: BenchResult[] = [];
  for (const name of names) {
    process.stderr.write(`bench: ${name} ...`);
    const startedMs = performance.now();
    try {
      results.push(...(await inItsOwnProcess(name)));
      process.stderr.write(` ${((performance.now() - startedMs) / 1000).toFixed(0)} s\n`);
    } catch (error) {
      process.stderr.write(` ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
  }
  process.stdout.write(`${machine()}\n\n${tableOf(results)}\n`);
}

function inItsOwnProcess(name: string): Promise<BenchResult[]> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL('bench-process.ts', import.meta.url), [name], { execArgv: ['--expose-gc'] });
    let results: BenchResult[] | undefined;
    child.once('message', (message: BenchResult[]) => (results = message));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0 && results !== undefined) resolve(results);
      else reject(new Error(`${name} ended with ${signal ?? `exit code ${String(code)}`}`));
    });
  });
}

/** What the absolute figures depend on. The byte loop tells how fast the machine was just now, neighbours included. */
function machine(): string {
  const [first] = cpus();
  return [
    `Node ${process.versions.node}, ${cpus().length} cores, ${first?.model ?? 'unknown processor'}`,
    `A loop adding up 10 MB of bytes took ${byteLoopMs().toFixed(1)} ms just now (about 4 ms where nothing else runs on the machine the goals were set on).`,
    'Times are of one thread on the processor unless it says otherwise; ratios are medians of rounds in turns.',
  ].join('\n');
}

function byteLoopMs(): number {
  const bytes = new Uint8Array(10_000_000).map((_, at) => at & 0x7f);
  return median(
    Array.from({ length: 9 }, () =>
      cpuMsOf(() => {
        let sum = 0;
        for (let at = 0; at < bytes.length; at++) sum += bytes[at]!;
        if (sum === 0) throw new Error('nothing was added up');
      }),
    ),
  );
}

const named = process.argv.slice(2);
await main(named.length > 0 ? named : Object.keys(BENCHES));

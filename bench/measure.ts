import { median } from './bench.ts';

const WARM_UP_ROUNDS = 2;
const MEASURED_ROUNDS = 7;
/** The system tells a thread's time from tick to tick, 4 ms late at most. */
const SHORTEST_ROUND_MS = 60;

/**
 * Milliseconds of this thread on the processor: a neighbour on the machine disturbs less than on the clock, and what the
 * garbage collector and the compiler do on threads of their own is left out, as it would not be waited for.
 */
export function cpuMsOf(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  return millisecondsOf(process.threadCpuUsage(before));
}

export function millisecondsOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

/**
 * Milliseconds of each measured round, for each way of doing the same. The ways take turns, so all meet the same weather.
 * Quick ways are repeated until a round takes some time, and the mean counts.
 */
export function measureInTurns<Way extends string>(ways: Readonly<Record<Way, () => void>>): Record<Way, number[]> {
  const names = Object.keys(ways) as Way[];
  const tookMs = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Way, number[]>;
  for (let round = 0; round < WARM_UP_ROUNDS + MEASURED_ROUNDS; round++) {
    for (const name of names) {
      // Collecting leaves sweeping and cold pages to whoever comes next, half as much again as a short run takes: that one
      // is not counted.
      globalThis.gc?.();
      ways[name]();
      const roundMs = meanMsOf(ways[name]);
      if (round >= WARM_UP_ROUNDS) tookMs[name].push(roundMs);
    }
  }
  return tookMs;
}

function meanMsOf(work: () => void): number {
  let totalMs = 0;
  let count = 0;
  while (totalMs < SHORTEST_ROUND_MS) {
    totalMs += cpuMsOf(work);
    count++;
  }
  return totalMs / count;
}

/** How many times longer the baseline took: the median of the rounds. */
export function ratioOf(oursMs: readonly number[], baselineMs: readonly number[]): number {
  return median(baselineMs.map((roundMs, round) => roundMs / oursMs[round]!));
}

/** `1.73 M spans/s`. */
export function rateText(spanCount: number, tookMs: readonly number[]): string {
  return `${(spanCount / median(tookMs) / 1000).toFixed(2)} M spans/s`;
}

/** The quickest round comes nearest to a machine that does nothing else. */
export function quickestText(tookMs: readonly number[]): string {
  return `quickest round ${msText([Math.min(...tookMs)])}`;
}

export function msText(tookMs: readonly number[]): string {
  const ms = median(tookMs);
  return `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
}

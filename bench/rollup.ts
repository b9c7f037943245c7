import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { conclude } from '../analyzer/analyze.ts';
import { EMPTY_POLICY } from '../analyzer/model/policy.ts';
import { STORES } from '../collector/store/index.ts';
import type { Store } from '../collector/store/store.ts';
import { randomRollup } from '../fixtures/random-rollup.ts';
import { type BenchResult, median } from './bench.ts';
import { measureInTurns, msText, quickestText } from './measure.ts';

const MINUTE_COUNT = 60;
const MINUTE_US = 60_000_000;
const FIRST_MINUTE_US = 1.79e15 - (1.79e15 % MINUTE_US);
const SHAPE = { shapeSeed: 7, serviceCount: 300, dependencyCount: 1_000 };

/** What a look at the last hour costs: 60 stored minutes of a system of 300 services, read and concluded. */
export function benchRollup(): Promise<BenchResult[]> {
  const directory = mkdtempSync(join(tmpdir(), 'ringfence-bench-'));
  try {
    const store = STORES.sqlite(directory);
    try {
      return Promise.resolve(measure(store));
    } finally {
      store.close();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function measure(store: Store): BenchResult[] {
  for (let minute = 0; minute < MINUTE_COUNT; minute++) {
    const atUs = FIRST_MINUTE_US + minute * MINUTE_US;
    store.commit({
      rollups: [{ atUs, environment: 'production', rollup: randomRollup({ seed: minute + 1, ...SHAPE }) }],
      traces: [],
    });
  }
  const readHour = () => store.read({ fromUs: FIRST_MINUTE_US, toUs: FIRST_MINUTE_US + MINUTE_COUNT * MINUTE_US });
  const rollup = readHour();
  const dependencyCount = conclude(rollup, EMPTY_POLICY).dependencies.length;
  const { both, read, concluded } = measureInTurns({
    both: () => void conclude(readHour(), EMPTY_POLICY),
    read: () => void readHour(),
    concluded: () => void conclude(rollup, EMPTY_POLICY),
  });
  return [
    {
      figure: 'one rollup of 60 minutes and 1,000 dependencies read and concluded',
      value: median(both),
      unit: 'ms',
      ours: msText(both),
      atLeast: 100,
      aim: 30,
      better: 'lower',
      detail: `from SQLite, ${dependencyCount} dependencies at random among ${SHAPE.serviceCount} services, ${quickestText(both)}; reading ${msText(read)}, ${quickestText(read)}; conclusions ${msText(concluded)}, ${quickestText(concluded)}`,
    },
  ];
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { conclude } from '../analyzer/analyze.ts';
import { EMPTY_POLICY } from '../analyzer/model/policy.ts';
import { STORES } from '../collector/store/index.ts';
import { DEFAULT_RETENTION, type Store } from '../collector/store/store.ts';
import { randomRollup } from '../fixtures/random-rollup.ts';
import { type BenchResult, median } from './bench.ts';
import { measureInTurns, msText, quickestText } from './measure.ts';

const MINUTE_COUNT = 60;
const MINUTE_US = 60_000_000;
const HOUR_US = MINUTE_COUNT * MINUTE_US;
const FOLDED_HOUR_US = 1.79e15 - (1.79e15 % HOUR_US);
const RECENT_HOUR_US = FOLDED_HOUR_US + 30 * 24 * HOUR_US;
const SHAPE = { shapeSeed: 7, serviceCount: 300, dependencyCount: 1_000 };

/** What a look at an hour costs: its 60 minutes, of a system of 300 services, folded to one rollup; and before that. */
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
  commitMinutes(store, FOLDED_HOUR_US);
  store.tidy(FOLDED_HOUR_US + DEFAULT_RETENTION.minutesForS * 1e6 + HOUR_US);
  commitMinutes(store, RECENT_HOUR_US);
  const readHour = (fromUs: number) => store.read({ fromUs, toUs: fromUs + HOUR_US });
  const rollup = readHour(FOLDED_HOUR_US);
  const dependencyCount = conclude(rollup, EMPTY_POLICY).dependencies.length;
  const { folded, read, concluded, recent } = measureInTurns({
    folded: () => void conclude(readHour(FOLDED_HOUR_US), EMPTY_POLICY),
    read: () => void readHour(FOLDED_HOUR_US),
    concluded: () => void conclude(rollup, EMPTY_POLICY),
    recent: () => void conclude(readHour(RECENT_HOUR_US), EMPTY_POLICY),
  });
  return [
    {
      figure: 'one rollup of 60 minutes and 1,000 dependencies read and concluded',
      value: median(folded),
      unit: 'ms',
      ours: msText(folded),
      atLeast: 100,
      aim: 30,
      better: 'lower',
      detail: `from SQLite, ${dependencyCount} dependencies at random among ${SHAPE.serviceCount} services, ${quickestText(folded)}; reading ${msText(read)}, ${quickestText(read)}; conclusions ${msText(concluded)}, ${quickestText(concluded)}; while its minutes are still 60 rollups ${msText(recent)}, ${quickestText(recent)}`,
    },
  ];
}

function commitMinutes(store: Store, hourUs: number): void {
  for (let minute = 0; minute < MINUTE_COUNT; minute++) {
    const rollup = randomRollup({ seed: minute + 1, ...SHAPE });
    store.commit({ rollups: [{ atUs: hourUs + minute * MINUTE_US, environment: 'production', rollup }], traces: [] });
  }
}

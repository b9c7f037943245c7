import { describe, expect, it } from 'vitest';

import type { TraceDetail } from '../../analyzer/model/analysis.ts';
import { addExample, dependencyIn, emptyRollup, mergeRollups } from '../../analyzer/rollup/merge-rollups.ts';
import type { Rollup } from '../../analyzer/rollup/rollup.ts';
import { encodeRollup } from '../../analyzer/rollup/encode-rollup.ts';
import { randomRollup } from '../../fixtures/random-rollup.ts';
import type { Store } from './store.ts';

const MINUTE_US = 60_000_000;
const DAY_US = 86_400_000_000;
/** Noon of a day in 2026. */
const NOON_US = 1_790_000_000_000_000 - (1_790_000_000_000_000 % DAY_US) + DAY_US / 2;

/** What every store must do. `reopen` closes a store and opens it anew over the same data. */
export function describeStore(name: string, open: () => Store, reopen: (store: Store) => Store): void {
  describe(`store ${name}`, () => {
    it('starts empty', () => {
      const store = open();
      expect(encodeRollup(store.read())).toEqual(encodeRollup(emptyRollup()));
      expect(store.checkpoint()).toBeUndefined();
      expect(store.environments()).toEqual([]);
      expect(store.trace('00'.repeat(16))).toBeUndefined();
      store.close();
    });

    it('keeps what was committed, checkpoint and traces too', () => {
      let store = open();
      const rollup = randomRollup({ seed: 1, serviceCount: 6, dependencyCount: 9 });
      const trace = traceDetail('0af7651916cd43dd8448eb211c80319c', NOON_US);
      store.commit({
        rollups: [{ atUs: NOON_US, environment: 'production', rollup }],
        traces: [trace],
        checkpoint: Uint8Array.of(1, 2, 3),
      });
      store = reopen(store);
      expect(encodeRollup(store.read())).toEqual(encodeRollup(rollup));
      expect([...store.checkpoint()!]).toEqual([1, 2, 3]);
      expect(store.environments()).toEqual(['production']);
      expect(store.trace(trace.traceId)).toEqual(trace);
      store.close();
    });

    it('adds up what belongs to one minute, in any number of commits', () => {
      const store = open();
      const rollups = [1, 2, 3].map((seed) =>
        randomRollup({ seed, shapeSeed: 9, serviceCount: 5, dependencyCount: 7 }),
      );
      for (const rollup of rollups) commitAt(store, NOON_US + 1000, rollup);
      expect(encodeRollup(store.read())).toEqual(encodeRollup(mergeRollups(rollups)));
      store.close();
    });

    it('adds up several rollups of one minute in one commit, and those of many minutes', () => {
      const store = open();
      const rollups = Array.from({ length: 12 }, (_, seed) =>
        randomRollup({ seed, shapeSeed: 9, serviceCount: 5, dependencyCount: 7 }),
      );
      const changes = rollups.map((rollup, at) => ({
        atUs: NOON_US + (at % 6) * MINUTE_US,
        environment: 'production',
        rollup,
      }));
      store.commit({ rollups: changes, traces: [] });
      store.commit({ rollups: changes, traces: [] });
      expect(encodeRollup(store.read())).toEqual(encodeRollup(mergeRollups([...rollups, ...rollups])));
      store.close();
    });

    it('reads a window and an environment and nothing else', () => {
      const store = open();
      const [early, late, staging] = [1, 2, 3].map((seed) =>
        randomRollup({ seed, serviceCount: 4, dependencyCount: 4 }),
      );
      commitAt(store, NOON_US, early!);
      commitAt(store, NOON_US + 10 * MINUTE_US, late!);
      commitAt(store, NOON_US, staging!, 'staging');
      const production = { environment: 'production' };
      expect(bytesOf(store, { ...production, toUs: NOON_US + MINUTE_US })).toEqual(encodeRollup(early!));
      expect(bytesOf(store, { ...production, fromUs: NOON_US + MINUTE_US })).toEqual(encodeRollup(late!));
      expect(bytesOf(store, { fromUs: NOON_US + MINUTE_US, toUs: NOON_US + 9 * MINUTE_US })).toEqual(
        encodeRollup(emptyRollup()),
      );
      expect(bytesOf(store, { environment: 'staging' })).toEqual(encodeRollup(staging!));
      expect(bytesOf(store, {})).toEqual(encodeRollup(mergeRollups([early!, late!, staging!])));
      store.close();
    });

    it('folds old minutes into hours and days without changing the sum, and takes late comers there', () => {
      const store = open();
      const rollups = Array.from({ length: 5 }, (_, seed) =>
        randomRollup({ seed, serviceCount: 4, dependencyCount: 4 }),
      );
      rollups.forEach((rollup, at) => commitAt(store, NOON_US + at * 25 * MINUTE_US, rollup));
      store.tidy(NOON_US + DAY_US);
      expect(bytesOf(store, {})).toEqual(encodeRollup(mergeRollups(rollups)));
      const late = randomRollup({ seed: 99, serviceCount: 4, dependencyCount: 4 });
      commitAt(store, NOON_US + 3 * MINUTE_US, late);
      store.tidy(NOON_US + 30 * DAY_US);
      expect(bytesOf(store, {})).toEqual(encodeRollup(mergeRollups([...rollups, late])));
      // The whole day is one step now: a window inside it sees the day.
      expect(bytesOf(store, { fromUs: NOON_US + MINUTE_US, toUs: NOON_US + 2 * MINUTE_US })).toEqual(
        encodeRollup(mergeRollups([...rollups, late])),
      );
      store.close();
    });

    it('forgets what is past retention, and traces that no longer serve as an example', () => {
      const store = open();
      const ids = Array.from({ length: 5 }, (_, at) => `${at}`.padStart(32, '0'));
      for (const [at, id] of ids.entries()) {
        const rollup = emptyRollup();
        addExample(dependencyIn(rollup, { caller: 'a', callee: 'b', mode: 'sync' }).traceIds, id);
        store.commit({
          rollups: [{ atUs: NOON_US + at * MINUTE_US, environment: '', rollup }],
          traces: [traceDetail(id, NOON_US + at * MINUTE_US)],
        });
      }
      expect(ids.filter((id) => store.trace(id) !== undefined)).toEqual(ids);
      store.tidy(NOON_US + 2 * DAY_US);
      expect(ids.filter((id) => store.trace(id) !== undefined)).toEqual(ids.slice(0, 3));
      store.tidy(NOON_US + 1000 * DAY_US);
      expect(bytesOf(store, {})).toEqual(encodeRollup(emptyRollup()));
      expect(ids.filter((id) => store.trace(id) !== undefined)).toEqual([]);
      store.close();
    });
  });
}

function commitAt(store: Store, atUs: number, rollup: Rollup, environment = 'production'): void {
  store.commit({ rollups: [{ atUs, environment, rollup }], traces: [] });
}

function bytesOf(store: Store, window: Parameters<Store['read']>[0]): Uint8Array {
  return encodeRollup(store.read(window));
}

function traceDetail(traceId: string, atUs: number): TraceDetail {
  return {
    traceId,
    durationUs: 12,
    startedAt: new Date(atUs / 1000).toISOString(),
    isComplete: true,
    spans: [],
    sections: [{ spanId: '00f067aa0ba902b7', service: 'a', operation: 'GET /', startUs: 0, endUs: 12 }],
    problems: [],
  };
}

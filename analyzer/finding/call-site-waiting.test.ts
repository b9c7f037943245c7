import { describe, expect, it } from 'vitest';

import { observed } from '../../fixtures/drawn-rollup.ts';
import { drawnTrace } from '../../fixtures/drawn-trace.ts';
import { waitingAt } from './call-site-waiting.ts';

/** A call that outlives its caller or not. */
const call = (endUs: number, caller = '') => `
  checkout SERVER 0-10000 http.request.method=POST http.route=/pay ${caller}
    checkout CLIENT 1000-${endUs}
      audit SERVER 1000-${endUs} http.request.method=POST http.route=/log`;
const [IN_TIME, TOO_LATE, TOO_LATE_OF_FAILED] = [call(9000), call(90_000), call(90_000, 'error')];

describe('callers at a call site', () => {
  it.each([
    ['wait, as far as anybody saw', [[IN_TIME, 50]], 'awaited'],
    [
      'do not, if two in some hundred were seen to go on',
      [
        [IN_TIME, 40],
        [TOO_LATE, 2],
      ],
      'not-awaited',
    ],
    [
      'are unclear, if one was',
      [
        [IN_TIME, 40],
        [TOO_LATE, 1],
      ],
      'unclear',
    ],
    [
      'are unclear, if it is less than one in a hundred',
      [
        [IN_TIME, 2000],
        [TOO_LATE, 2],
      ],
      'unclear',
    ],
    [
      'are unclear, if only those that failed did',
      [
        [IN_TIME, 40],
        [TOO_LATE_OF_FAILED, 9],
      ],
      'unclear',
    ],
  ] as const)('%s', (_, drawings, expected) => {
    const traces = drawings.flatMap(([drawing, count]) => Array.from({ length: count }, () => drawing));
    const spans = traces.flatMap((drawing, at) => drawnTrace(drawing, (at + 1).toString(16).padStart(32, '0')));
    const rollup = observed(spans);
    const answers = [...rollup.dependencies.values()].flatMap((dependency) =>
      [...dependency.callSites.values()].map((site) => waitingAt(rollup, dependency, site)),
    );
    expect(new Set(answers)).toEqual(new Set([expected]));
  });
});

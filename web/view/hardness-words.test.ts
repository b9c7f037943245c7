import { expect, it } from 'vitest';
import { hardnessWords } from './hardness-words.ts';

it.each([
  ['hard', 12, [0.76, 1], 'Hard: the caller fails with it (12 failed calls, 95 % between 76 % and 100 %).'],
  ['soft', 1, [0, 0.21], 'Soft: the caller copes when it fails (1 failed call, 95 % between 0 % and 21 %).'],
  ['presumed-hard', 0, null, 'Presumed hard: the caller waits for it, and too few failures were seen to know better.'],
  [
    'presumed-soft',
    0,
    null,
    'Presumed soft: the caller does not wait for it, and too few failures were seen to know better.',
  ],
  [
    'undetermined',
    4,
    [0.15, 0.85],
    'Hard or soft is open: 4 failed calls, 95 % between 15 % and 85 %, which do not decide it.',
  ],
] as const)('%s', (verdict, n, interval, words) => {
  expect(hardnessWords({ verdict, n, estimate: interval === null ? null : 0.5, interval })).toBe(words);
});

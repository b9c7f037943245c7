import type { DependencyHardness } from '../../analyzer/model/analysis.ts';
import { percent, plural } from './format.ts';

/** Whether the caller fails with its callee, in a sentence with the figures behind it. */
export function hardnessWords({ verdict, n, interval }: DependencyHardness): string {
  const between = interval === null ? '' : `, 95 % between ${percent(interval[0])} and ${percent(interval[1])}`;
  const seen = `${plural(n, 'failed call')}${between}`;
  switch (verdict) {
    case 'hard':
      return `Hard: the caller fails with it (${seen}).`;
    case 'soft':
      return `Soft: the caller copes when it fails (${seen}).`;
    case 'presumed-hard':
      return 'Presumed hard: the caller waits for it, and too few failures were seen to know better.';
    case 'presumed-soft':
      return 'Presumed soft: the caller does not wait for it, and too few failures were seen to know better.';
    case 'undetermined':
      return `Hard or soft is open: ${seen}, which do not decide it.`;
  }
}

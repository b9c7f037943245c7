import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { UsageError } from './exit.ts';
import { WEB_ROOT } from './web-root.ts';

/** The built map as one file, to put an analysis into. */
export function reportShell(): string {
  try {
    return readFileSync(join(WEB_ROOT, 'report.html'), 'utf8');
  } catch {
    throw new UsageError('--format html needs the built map, which is not there: npm run build:web makes it');
  }
}

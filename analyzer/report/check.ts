import { checkMarkdown } from './check-markdown.ts';
import type { CheckReport } from './check-report.ts';
import { checkTerminal } from './check-terminal.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { junit } from './junit.ts';
import { resultsOfCheck } from './result.ts';
import { sarif } from './sarif.ts';
import { printableJson } from './text.ts';

/** The check as it is; its JSON Schema is `schema/check.json`. */
const checkJson: CheckReport = (check) => `${printableJson(check)}\n`;

export type CheckFormat = 'terminal' | 'json' | 'markdown' | 'sarif' | 'junit' | 'github' | 'gitlab';

/** The forms a check can take, by the name that `--format` knows it by. */
export const CHECK_REPORTS: Readonly<Record<CheckFormat, CheckReport>> = {
  terminal: checkTerminal,
  json: checkJson,
  markdown: checkMarkdown,
  sarif: (check) => sarif(resultsOfCheck(check)),
  junit: (check) => junit(resultsOfCheck(check)),
  github: (check) => github(resultsOfCheck(check)),
  gitlab: (check) => gitlab(resultsOfCheck(check)),
};

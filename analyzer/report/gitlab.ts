import type { Severity } from '../model/analysis.ts';
import type { Results } from './result.ts';
import { printable, printableJson } from './text.ts';

/** GitLab's code quality report: a list in the form of Code Climate. */
export function gitlab({ results }: Results): string {
  return `${printableJson(
    results.map(({ rule, id, severity, title, message, path }) => ({
      description: printable(`${title}. ${message}`),
      check_name: rule,
      fingerprint: printable(id),
      severity: SEVERITIES[severity],
      location: { path, lines: { begin: 1 } },
    })),
  )}\n`;
}

const SEVERITIES: Readonly<Record<Severity, string>> = { error: 'critical', warning: 'minor', note: 'info' };

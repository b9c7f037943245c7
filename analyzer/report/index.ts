import { dot } from './dot.ts';
import { json } from './json.ts';
import { markdown } from './markdown.ts';
import { mermaid } from './mermaid.ts';
import type { Report } from './report.ts';
import { terminal } from './terminal.ts';

/** Every report there is, by the name that `--format` knows it by. */
export const REPORTS = { terminal, json, markdown, mermaid, dot } as const satisfies Record<string, Report>;

export type ReportName = keyof typeof REPORTS;

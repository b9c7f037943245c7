import { assessor } from './assessor.ts';
import { csv } from './csv.ts';
import { dot } from './dot.ts';
import { json } from './json.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';
import { mermaid } from './mermaid.ts';
import type { Report } from './report.ts';
import { resultsOfAnalysis } from './result.ts';
import { sarif } from './sarif.ts';
import { terminal } from './terminal.ts';

/** Every report there is, by the name that `--format` knows it by. */
export const REPORTS = {
  terminal,
  json,
  markdown,
  mermaid,
  dot,
  csv,
  assessor,
  sarif: (analysis) => sarif(resultsOfAnalysis(analysis)),
  junit: (analysis) => junit(resultsOfAnalysis(analysis)),
} as const satisfies Record<string, Report>;

export type ReportName = keyof typeof REPORTS;

import type { Problem } from '../../analyzer/model/analysis.ts';
import type { TraceFormat } from '../decode/index.ts';

/** What one file gave. */
export interface DocumentReport {
  readonly format: TraceFormat;
  readonly spanCount: number;
  readonly rejectedCount: number;
  /** Each names the file, and the line, record or byte where there is one. */
  readonly problems: readonly Problem[];
}

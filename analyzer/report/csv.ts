import type { Report } from './report.ts';
import { printable } from './text.ts';

/** The dependencies as a table for spreadsheets (RFC 4180), one a line. */
export const csv: Report = ({ dependencies }) => {
  const rows = dependencies.map((edge) => [
    edge.caller,
    edge.callee,
    edge.mode,
    edge.callCount,
    edge.errorCount,
    edge.traceCount,
    edge.p50Us,
    edge.p95Us,
    edge.p99Us,
    edge.firstSeen,
    edge.lastSeen,
    edge.inCycle,
    edge.crossesCde,
    edge.criticalShare ?? '',
  ]);
  return [COLUMNS, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
};

const COLUMNS = [
  'caller',
  'callee',
  'mode',
  'calls',
  'errors',
  'traces',
  'p50_us',
  'p95_us',
  'p99_us',
  'first_seen',
  'last_seen',
  'in_cycle',
  'crosses_cde',
  'critical_share',
];

/** A text that a spreadsheet would take for a formula gets a quote before it (OWASP, CSV injection). */
function field(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  const text = printable(value).replace(/^(?=\s*[=+\-@|%])/, "'");
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

import type { BenchResult } from './bench.ts';

/** The figures as aligned columns, what each was measured on below them. */
export function tableOf(results: readonly BenchResult[]): string {
  const rows = results.map((result) => [
    result.figure,
    result.ours ?? '',
    result.baseline ?? '',
    amount(result.ratio ?? result.value ?? NaN, result),
    `${result.better === 'higher' ? '>=' : '<='} ${amount(result.atLeast, result)}`,
    amount(result.aim, result),
    verdict(result),
  ]);
  const lines = [['figure', 'ours', 'baseline', 'result', 'at least', 'aim', ''], ...rows];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const text = lines.map((line) =>
    line
      .map((cell, column) =>
        column === 0 || column === line.length - 1 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
  text.splice(
    1,
    0,
    widths
      .map((width) => '-'.repeat(width))
      .join('  ')
      .trimEnd(),
  );
  return [...text, '', ...results.map(({ figure, detail }) => `${figure}: ${detail}`)].join('\n');
}

function amount(value: number, { ratio, unit }: BenchResult): string {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : 1;
  return ratio === undefined ? `${value.toFixed(digits)} ${unit}` : `${value.toFixed(digits)}x`;
}

function verdict({ ratio, value, atLeast, aim, better }: BenchResult): string {
  const measured = ratio ?? value ?? NaN;
  const reaches = (goal: number): boolean => (better === 'higher' ? measured >= goal : measured <= goal);
  return reaches(aim) ? 'met, aim too' : reaches(atLeast) ? 'met' : 'NOT MET';
}

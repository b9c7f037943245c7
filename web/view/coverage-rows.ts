import type { CallHalves, Coverage, ServiceCoverage } from '../../analyzer/model/coverage.ts';
import { byText } from '../../analyzer/model/wording.ts';
import { fullCount, percent, plainName, plural } from './format.ts';

/** What the traces lack of one service; shares are undefined where there is nothing to take a share of. */
export interface CoverageRow {
  readonly service: string;
  readonly spanCount: number;
  /** Calls it makes or answers, of which one half only was seen. */
  readonly oneSidedCount: number;
  readonly oneSidedShare: number | undefined;
  readonly orphanCount: number;
  readonly orphanShare: number | undefined;
  readonly unknownKindCount: number;
  readonly unknownKindShare: number | undefined;
}

export const coverageColumns = ['service', 'spans', 'oneSided', 'orphans', 'unknownKind'] as const;
export type CoverageColumn = (typeof coverageColumns)[number];

export interface CoverageOrder {
  readonly column: CoverageColumn;
  readonly isDescending: boolean;
}

/** One row per service, by the column asked for; equal rows by name. */
export function coverageRows({ services }: Coverage, { column, isDescending }: CoverageOrder): CoverageRow[] {
  const sign = isDescending ? -1 : 1;
  return services.map(rowOf).sort((a, b) => sign * compared(a, b, column) || byText(a.service, b.service));
}

function rowOf({
  service,
  spanCount,
  orphanCount,
  unknownKindCount,
  asCaller,
  asCallee,
}: ServiceCoverage): CoverageRow {
  const oneSidedCount = oneSided(asCaller) + oneSided(asCallee);
  return {
    service,
    spanCount,
    oneSidedCount,
    oneSidedShare: shareOf(oneSidedCount, asCaller.callCount + asCallee.callCount),
    orphanCount,
    orphanShare: shareOf(orphanCount, spanCount),
    unknownKindCount,
    unknownKindShare: shareOf(unknownKindCount, spanCount),
  };
}

function oneSided({ clientOnlyCount, serverOnlyCount }: CallHalves): number {
  return clientOnlyCount + serverOnlyCount;
}

function shareOf(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole;
}

function compared(a: CoverageRow, b: CoverageRow, column: CoverageColumn): number {
  switch (column) {
    case 'service':
      return byText(plainName(a.service), plainName(b.service));
    case 'spans':
      return a.spanCount - b.spanCount;
    case 'oneSided':
      return (a.oneSidedShare ?? -1) - (b.oneSidedShare ?? -1) || a.oneSidedCount - b.oneSidedCount;
    case 'orphans':
      return (a.orphanShare ?? -1) - (b.orphanShare ?? -1) || a.orphanCount - b.orphanCount;
    case 'unknownKind':
      return (a.unknownKindShare ?? -1) - (b.unknownKindShare ?? -1) || a.unknownKindCount - b.unknownKindCount;
  }
}

/** A figure in words, and what it means for whoever trusts the map. */
export interface CoverageSentence {
  readonly figure: string;
  readonly words: string;
  /** What it hides, or what to do; absent where nothing is missing. */
  readonly meaning?: string;
}

/** What is missing, and what nobody sends; what is whole is `wholeSentence`. */
export function coverageSentences(coverage: Coverage): CoverageSentence[] {
  const sentences: CoverageSentence[] = lacks
    .filter(({ part }) => part(coverage) > 0)
    .map(({ part, isOfTraces, words, meaning }) => {
      const whole = isOfTraces === true ? coverage.traceCount : coverage.spanCount;
      return {
        figure: fullCount(part(coverage)),
        words: `of ${fullCount(whole)} ${words} (${percent(part(coverage) / whole)})`,
        meaning,
      };
    });
  if (coverage.oneSidedByNatureCount > 0)
    sentences.push({
      figure: fullCount(coverage.oneSidedByNatureCount),
      words: 'calls went to databases, topics and hosts outside: nobody sends their other half',
    });
  return sentences;
}

/** What nothing is missing of; undefined where something is missing of everything. */
export function wholeSentence(coverage: Coverage): string | undefined {
  const whole = lacks.filter(({ part }) => part(coverage) === 0).map(({ otherwise }) => otherwise);
  if (coverage.spanCount === 0 || whole.length === 0) return undefined;
  return `Nothing is missing here: ${whole.join(', ')}.`;
}

interface Lack {
  readonly part: (coverage: Coverage) => number;
  readonly isOfTraces?: true;
  readonly words: string;
  readonly meaning: string;
  readonly otherwise: string;
}

const lacks: readonly Lack[] = [
  {
    part: ({ incompleteTraceCount }) => incompleteTraceCount,
    isOfTraces: true,
    words: 'traces have a gap: a parent never came',
    meaning: 'They count for the map, not for the critical path.',
    otherwise: 'no trace has a gap',
  },
  {
    part: ({ orphanCount }) => orphanCount,
    words: 'spans name a parent that never came',
    meaning: 'Who called there is not known. Sample alike everywhere and send to one place.',
    otherwise: 'every parent came',
  },
  {
    part: ({ unknownKindCount }) => unknownKindCount,
    words: 'spans leave open which side of a call they are',
    meaning: 'Calls may hide in them. Set the span kind in the instrumentation.',
    otherwise: 'every span says which side of a call it is',
  },
  {
    part: ({ anonymousSpanCount }) => anonymousSpanCount,
    words: 'spans come from senders without a name',
    meaning: 'Several services may be one box. Set service.name.',
    otherwise: 'every sender says its name',
  },
];

/** The calls between services in one sentence. */
export function halvesSentence({ callCount, bothCount, clientOnlyCount, serverOnlyCount }: CallHalves): string {
  if (callCount === 0) return 'No call between two services was seen.';
  const missing = [
    ...(clientOnlyCount === 0 ? [] : [`${fullCount(clientOnlyCount)} by the caller alone`]),
    ...(serverOnlyCount === 0 ? [] : [`${fullCount(serverOnlyCount)} by the callee alone`]),
  ];
  const rest = missing.length === 0 ? '' : `; ${missing.join(', ')}`;
  return `Of ${plural(callCount, 'call')} between services ${fullCount(bothCount)} ${bothCount === 1 ? 'was' : 'were'} seen from both sides (${percent(bothCount / callCount)})${rest}.`;
}

import type { AnalyzedDependency, AnalyzedService } from '../model/analysis.ts';
import type { CallHalves, Coverage } from '../model/coverage.ts';

interface Counted {
  readonly services: readonly AnalyzedService[];
  readonly dependencies: readonly AnalyzedDependency[];
  readonly traceCount: number;
  readonly spanCount: number;
  readonly incompleteTraceCount: number;
}

/** How much of the traces fits together, in all and for each service. */
export function coverageOf({ services, dependencies, traceCount, spanCount, incompleteTraceCount }: Counted): Coverage {
  const kindOf = new Map(services.map(({ id, kind }) => [id, kind]));
  const isBetweenServices = ({ caller, callee }: AnalyzedDependency) =>
    kindOf.get(caller) === 'service' && kindOf.get(callee) === 'service';
  const calls = dependencies.filter(isBetweenServices);
  const byCaller = Map.groupBy(calls, ({ caller }) => caller);
  const byCallee = Map.groupBy(calls, ({ callee }) => callee);
  const senders = services.filter(({ kind }) => kind === 'service');
  return {
    spanCount,
    orphanCount: sumOf(senders, ({ orphanCount }) => orphanCount),
    unknownKindCount: sumOf(senders, ({ unknownKindCount }) => unknownKindCount),
    anonymousSpanCount: sumOf(senders.filter(isAnonymous), (service) => service.spanCount),
    traceCount,
    incompleteTraceCount,
    calls: halvesOf(calls, spanCount > 0),
    oneSidedByNatureCount: sumOf(
      dependencies.filter(({ caller, callee }) => kindOf.get(caller) === 'service' && kindOf.get(callee) !== 'service'),
      ({ callCount }) => callCount,
    ),
    services: senders.map(({ id, spanCount: ownSpanCount, orphanCount, unknownKindCount }) => ({
      service: id,
      spanCount: ownSpanCount,
      orphanCount,
      unknownKindCount,
      asCaller: halvesOf(byCaller.get(id) ?? [], spanCount > 0),
      asCallee: halvesOf(byCallee.get(id) ?? [], spanCount > 0),
    })),
  };
}

/** OpenTelemetry SDKs call those that do not say their name `unknown_service` or `unknown_service:node`. */
function isAnonymous({ name }: AnalyzedService): boolean {
  return name.startsWith('unknown_service');
}

/** Where there are no spans, as in a list of dependencies, no half of any call was seen. */
function halvesOf(calls: readonly AnalyzedDependency[], hasSpans: boolean): CallHalves {
  const callCount = sumOf(calls, (call) => call.callCount);
  const clientOnlyCount = sumOf(calls, ({ clientOnlyCallCount }) => clientOnlyCallCount);
  const serverOnlyCount = sumOf(calls, ({ serverOnlyCallCount }) => serverOnlyCallCount);
  const bothCount = hasSpans ? callCount - clientOnlyCount - serverOnlyCount : 0;
  return { callCount, bothCount, clientOnlyCount, serverOnlyCount };
}

function sumOf<T>(values: readonly T[], countOf: (value: T) => number): number {
  return values.reduce((sum, value) => sum + countOf(value), 0);
}

import type { Analysis, DependencyMode } from '../model/analysis.ts';
import type { Baseline } from '../model/baseline.ts';
import type {
  Changes,
  DifferentCycle,
  DifferentDependency,
  DifferentService,
  SystemDifference,
} from '../model/difference.ts';
import type { Policy } from '../model/policy.ts';
import { byText } from '../model/wording.ts';
import { baselineOf, edgeKey, renamedBaseline } from './baseline.ts';

/** One side of a comparison, by the name it is shown with. */
export type Look =
  { readonly label: string; readonly analysis: Analysis } | { readonly label: string; readonly baseline: Baseline };

/** What is told apart; a baseline holds less than an analysis does. */
interface Facts {
  readonly services: readonly DifferentService[];
  readonly dependencies: readonly DifferentDependency[];
  readonly cycles: readonly DifferentCycle[];
  readonly baseline: Baseline;
}

/** What came, went or changed. Where one side is a baseline, both are compared as far as baselines go. */
export function differenceOf(before: Look, after: Look, policy: Policy): SystemDifference {
  const isFull = 'analysis' in before && 'analysis' in after;
  const [one, two] = [before, after].map((look) => factsOf(look, isFull, policy)) as [Facts, Facts];
  const changes = {
    services: changesOf(
      one.services,
      two.services,
      ({ id }) => id,
      ({ kind }) => kind,
    ),
    dependencies: changesOf(one.dependencies, two.dependencies, edgeKey, ({ modes }) => modes.join()),
    cycles: changesOf(
      one.cycles,
      two.cycles,
      ({ services }) => services.join('\u0000'),
      (cycle) => cycle.class ?? '',
    ),
    criticalServices: changesOf(one.baseline.criticalServices, two.baseline.criticalServices, (id) => id),
    pciScope: changesOf(
      one.baseline.pciScope,
      two.baseline.pciScope,
      ({ service }) => service,
      (scope) => scope.class,
    ),
    cdeDependencies: changesOf(one.baseline.cdeDependencies, two.baseline.cdeDependencies, edgeKey),
    externalPeers: changesOf(one.baseline.externalPeers, two.baseline.externalPeers, (id) => id),
  };
  return {
    schema: 'ringfence.diff/1',
    before: sideOf(before),
    after: sideOf(after),
    isSame: Object.values(changes).every(({ came, went, changed }) => came.length + went.length + changed.length === 0),
    ...changes,
  };
}

function sideOf(look: Look): SystemDifference['before'] {
  return 'analysis' in look
    ? { label: look.label, kind: 'analysis', traceCount: look.analysis.traceCount }
    : { label: look.label, kind: 'baseline', traceCount: look.baseline.tracesAtLeast };
}

function factsOf(look: Look, isFull: boolean, policy: Policy): Facts {
  const baseline =
    'analysis' in look ? baselineOf(look.analysis, policy) : renamedBaseline(look.baseline, policy.aliases);
  if (isFull && 'analysis' in look) {
    const { services, dependencies, cycles } = look.analysis;
    return {
      baseline,
      services: services.map(({ id, kind }) => ({ id, kind })),
      dependencies: byPair(dependencies),
      cycles: cycles.map((cycle) => ({ services: cycle.services, class: cycle.class })),
    };
  }
  const ids = new Set(baseline.dependencies.flatMap(({ caller, callee }) => [caller, callee]));
  return {
    baseline,
    services: [...ids].map((id) => ({ id, kind: 'service' })),
    dependencies: byPair(baseline.dependencies),
    cycles: baseline.cycles.map((services) => ({ services, class: null })),
  };
}

function byPair(
  edges: readonly { readonly caller: string; readonly callee: string; readonly mode: DependencyMode }[],
): DifferentDependency[] {
  const modesOf = new Map<string, { caller: string; callee: string; modes: Set<DependencyMode> }>();
  for (const { caller, callee, mode } of edges) {
    const key = edgeKey({ caller, callee });
    const known = modesOf.get(key);
    if (known === undefined) modesOf.set(key, { caller, callee, modes: new Set([mode]) });
    else known.modes.add(mode);
  }
  return [...modesOf.values()].map(({ caller, callee, modes }) => ({ caller, callee, modes: [...modes].sort() }));
}

function changesOf<Fact>(
  before: readonly Fact[],
  after: readonly Fact[],
  keyOf: (fact: Fact) => string,
  valueOf: (fact: Fact) => string = () => '',
): Changes<Fact> {
  const old = new Map(before.map((fact) => [keyOf(fact), fact]));
  const now = new Map(after.map((fact) => [keyOf(fact), fact]));
  const sorted = (facts: ReadonlyMap<string, Fact>, others: ReadonlyMap<string, Fact>) =>
    [...facts]
      .filter(([key]) => !others.has(key))
      .sort(([one], [two]) => byText(one, two))
      .map(([, fact]) => fact);
  return {
    came: sorted(now, old),
    went: sorted(old, now),
    changed: [...now]
      .sort(([one], [two]) => byText(one, two))
      .flatMap(([key, fact]) => {
        const known = old.get(key);
        return known === undefined || valueOf(known) === valueOf(fact) ? [] : [{ before: known, after: fact }];
      }),
  };
}

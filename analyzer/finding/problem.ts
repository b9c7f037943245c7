import type { Problem } from '../model/analysis.ts';
import type { Policy } from '../model/policy.ts';
import { nearestName } from '../model/nearest-name.ts';
import type { Rollup } from '../rollup/rollup.ts';

/** What was odd in single traces, and what that means for the answer. */
export function traceProblems({ problems, traceCount, weighedTraceCount }: Rollup): Problem[] {
  // Where no trace says how it was sampled nothing is estimated, so nothing is missing.
  const unweighedCount = weighedTraceCount === 0 ? 0 : traceCount - weighedTraceCount;
  return [...problems, ['sampling-unknown', unweighedCount] as const]
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => ({ kind, message: MESSAGES[kind] ?? unknownKind(kind), count }));
}

const MESSAGES: Readonly<Record<string, string>> = {
  orphan: 'Spans name a parent that never came: their traces count for the graph, not for the critical path.',
  'parent-cycle': 'Spans were each other’s ancestors: the chain was cut at one of them.',
  'self-parent': 'Spans named themselves as parent: they count as having none.',
  'span-id-collision': 'Different spans of one trace shared a span id: the parents of what they called are a guess.',
  'end-before-start': 'Spans ended before they started: they count as taking no time.',
  'no-time': 'Spans had no usable start time: they count for the graph, not for any duration.',
  'clock-skew': 'Clocks of hosts disagreed: the times of spans were moved so that each answer lies within its call.',
  'clock-skew-inconsistent':
    'Calls between two hosts ask for different corrections of one clock: each answer was moved into the middle of its own call.',
  'unnamed-callee':
    'Calls say neither whom they call nor what answered: they are in no dependency, and their time counts for the caller.',
  'sampling-unknown': 'Traces do not say how they were sampled: in estimates each stands for itself alone.',
  'unresolved-link': 'Span links lead to spans that never came: who sent those messages is not known.',
};

/** For a kind that a newer version wrote into a store this one reads. */
function unknownKind(kind: string): string {
  return `Spans had something odd about them that this version has no words for (${kind}): what rests on them may be incomplete.`;
}

/** Names in the policy that no trace mentions: most often a slip of the pen, so the nearest name that exists is offered. */
export function policyProblems(rollup: Rollup, policy: Policy): Problem[] {
  const known = new Set<string>();
  for (const { id, name } of rollup.nodes.values()) {
    known.add(id);
    known.add(name);
  }
  // Nothing was seen at all: that is said elsewhere.
  if (known.size === 0) return [];
  for (const name of policy.aliases.values()) known.add(name);
  const named: (readonly [section: string, name: string])[] = [
    ...[...policy.services.keys()].map((name) => ['services', name] as const),
    ...policy.neverAsync.flatMap((pair) => pair.map((name) => ['neverAsync', name] as const)),
  ];
  const problems = new Map<string, Problem>();
  for (const [section, name] of named) {
    if (known.has(name)) continue;
    const nearest = nearestName(name, known);
    const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
    const message = `The policy names "${name}" under ${section}, but no trace mentions it${hint}.`;
    problems.set(message, { kind: 'policy-unseen', message, count: 1 });
  }
  return [...problems.values()];
}

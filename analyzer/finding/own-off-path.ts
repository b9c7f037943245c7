import type { CallSiteRollup, Rollup } from '../rollup/rollup.ts';

/**
 * A function that tells how many calls of a site nothing waits for, although something waits for its caller.
 *
 * Where the whole caller is off the critical path, so is all that it calls: that says something about the call to the caller
 * and nothing about its own calls. So as many are taken away as its operation was off the path itself, and more where it
 * calls several times; a rollup does not say which, so this errs on the side of "somebody waits".
 */
export function ownOffPath(
  { nodes, dependencies }: Rollup,
  services: ReadonlySet<string>,
): (caller: string, site: CallSiteRollup) => number {
  const offPathOf = new Map<string, Map<string, number>>();
  for (const { callee, callSites } of dependencies.values()) {
    if (!services.has(callee)) continue;
    const ofCallee = offPathOf.get(callee) ?? new Map<string, number>();
    offPathOf.set(callee, ofCallee);
    for (const { calleeOperation, offPathCount } of callSites.values()) {
      ofCallee.set(calleeOperation, (ofCallee.get(calleeOperation) ?? 0) + offPathCount);
    }
  }
  return (caller, { callerOperation, callCount, offPathCount }) => {
    const callerOffPath = offPathOf.get(caller)?.get(callerOperation) ?? 0;
    const answeredCount = nodes.get(caller)?.operations.get(callerOperation)?.callCount ?? 0;
    const callsEach = answeredCount === 0 ? 1 : Math.max(1, callCount / answeredCount);
    return Math.max(0, offPathCount - Math.ceil(callerOffPath * callsEach));
  };
}

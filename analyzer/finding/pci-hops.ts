import type { Reason } from '../model/analysis.ts';
import { counted } from '../model/wording.ts';
import { smallestThree, type PciClaim } from './pci-claim.ts';
import type { Contact } from './pci-contact.ts';
import { timeOf } from './time.ts';

/** Whether a member of the CDE is one for sure, or a candidate that somebody has to confirm. */
export type CdeMembers = ReadonlyMap<string, 'certain' | 'candidate'>;

/** Everything that exchanges a call or a message with the CDE, in either direction. */
export function oneHopClaims(contacts: readonly Contact[], cde: CdeMembers): PciClaim[] {
  return contacts.flatMap(({ caller, callee, path, callCount, traceIds, firstSeenUs, lastSeenUs }): PciClaim[] => {
    if (cde.has(caller) === cde.has(callee)) return [];
    const [inside, node] = cde.has(caller) ? [caller, callee] : [callee, caller];
    const isCandidate = cde.get(inside) === 'candidate';
    const [firstSeen, lastSeen] = [timeOf(firstSeenUs), timeOf(lastSeenUs)];
    const reason: Reason = {
      rule: 'one-hop',
      message:
        `${howConnected(path, node === caller, inside)}, which ${isCandidate ? 'may be' : 'is'} in the CDE ` +
        `(${counted(callCount, 'time')})${isCandidate ? ': to be confirmed with it' : ''}.`,
      n: callCount,
      traceIds: smallestThree(traceIds),
      ...(firstSeen === null ? {} : { firstSeen }),
      ...(lastSeen === null ? {} : { lastSeen }),
      witnessPath: path,
    };
    const predicate = `exchanges ${path.length > 2 ? 'messages' : 'calls'} with ${inside}, which ${isCandidate ? 'may be' : 'is'} in the CDE`;
    return [{ node, class: 'connected-to', basis: isCandidate ? 'candidate' : 'observed', reason, predicate }];
  });
}

function howConnected(path: readonly string[], isCaller: boolean, inside: string): string {
  if (path.length === 2) return isCaller ? `It calls ${inside}` : `It is called by ${inside}`;
  return isCaller
    ? `Over ${path[1]!} it sends messages to ${inside}`
    : `Over ${path[1]!} it gets messages of ${inside}`;
}

/**
 * Everything that exchanges a call or a message with something connected to the CDE: not in scope by itself, but for review. Scope
 * goes no further from hop to hop: what two hops may do is decided by the system between them.
 */
export function twoHopClaims(
  contacts: readonly Contact[],
  cde: CdeMembers,
  connected: ReadonlySet<string>,
): PciClaim[] {
  const intoCde = contactsByEnd(contacts.filter(({ caller, callee }) => cde.has(caller) !== cde.has(callee)));
  const claims = new Map<string, PciClaim>();
  for (const contact of contacts) {
    for (const [node, between] of [
      [contact.caller, contact.callee],
      [contact.callee, contact.caller],
    ] as const) {
      if (cde.has(node) || connected.has(node) || cde.has(between) || !connected.has(between)) continue;
      if (claims.has(node)) continue;
      const witnessPath = witness(node, between, contact, intoCde.get(between) ?? []);
      const message = `Two hops from the CDE: ${witnessPath.join(' – ')}. For review, not in scope by itself.`;
      const reason: Reason = { rule: 'two-hops', message, witnessPath };
      claims.set(node, { node, class: 'indirect', basis: 'observed', reason, predicate: 'is two hops from the CDE' });
    }
  }
  return [...claims.values()];
}

function contactsByEnd(contacts: readonly Contact[]): Map<string, Contact[]> {
  const byEnd = new Map<string, Contact[]>();
  for (const contact of contacts) {
    for (const end of [contact.caller, contact.callee]) {
      const known = byEnd.get(end);
      if (known === undefined) byEnd.set(end, [contact]);
      else known.push(contact);
    }
  }
  return byEnd;
}

/** In call direction where both hops run the same way; else from the node to the CDE. */
function witness(node: string, between: string, first: Contact, intoCde: readonly Contact[]): readonly string[] {
  const isCaller = first.caller === node;
  // A service that is connected-to by declaration may have no call to the CDE at all.
  const second = intoCde.find(({ caller }) => (caller === between) === isCaller) ?? intoCde[0];
  if (second === undefined) return isCaller ? first.path : [...first.path].reverse();
  const goesOn = (second.caller === between) === isCaller;
  if (goesOn) return isCaller ? [...first.path, ...second.path.slice(1)] : [...second.path, ...first.path.slice(1)];
  const outward = isCaller ? first.path : [...first.path].reverse();
  const inward = second.caller === between ? second.path : [...second.path].reverse();
  return [...outward, ...inward.slice(1)];
}

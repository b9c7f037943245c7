import type { Policy } from '../model/policy.ts';
import type { DependencyGraph } from './dependency-graph.ts';
import { smallestThree, type PciClaim } from './pci-claim.ts';
import { byText } from '../model/wording.ts';

/**
 * Hosts of payment providers, matched as the whole address or as its end. A list to start from, not a complete one: the
 * policy adds to it.
 */
const PAYMENT_PROVIDER_HOSTS: readonly string[] = [
  '2checkout.com',
  'adyen.com',
  'adyenpayments.com',
  'api.mollie.com',
  'authorize.net',
  'braintree-api.com',
  'braintreegateway.com',
  'checkout.com',
  'cybersource.com',
  'gocardless.com',
  'klarna.com',
  'paypal.com',
  'paypalobjects.com',
  'payu.com',
  'razorpay.com',
  'squareup.com',
  'stripe.com',
  'sumup.com',
  'worldline-solutions.com',
  'worldpay.com',
];

/** The provider's host a node's address ends in, or undefined. `shop-stripe.com` is not `stripe.com`. */
function paymentProviderOf(address: string, hosts: readonly string[]): string | undefined {
  const host = address.toLowerCase().replace(/:\d+$/, '');
  return hosts.find((known) => host === known.toLowerCase() || host.endsWith(`.${known.toLowerCase()}`));
}

/** Calls that take a card number rather than a token: `POST /v1/payment_methods`, `POST /v1/tokens`, `POST /payment-methods`. */
export function takesRawCards(operation: string): boolean {
  return /\/(tokens|payment[_-]methods|sources|cards)$/.test(operation);
}

/** Payment providers are third parties to be listed (PCI DSS 12.8); whoever sends one raw card numbers is a candidate. */
export function paymentProviderClaims(graph: DependencyGraph, policy: Policy): PciClaim[] {
  const hosts = [...PAYMENT_PROVIDER_HOSTS, ...policy.paymentProviderHosts];
  const claims: PciClaim[] = [];
  graph.forEachNode((node, { kind, seen }) => {
    const provider = kind === 'external' ? paymentProviderOf(seen.name, hosts) : undefined;
    if (provider === undefined) return;
    const message = `A payment provider (${provider}): a third party to be listed under PCI DSS 12.8, with a scope of its own.`;
    claims.push({
      node,
      class: 'not-observed',
      basis: 'none',
      reason: { rule: 'payment-provider', message },
      predicate: 'is a payment provider',
    });
    graph.forEachInEdge(node, (_key, edge, caller, _callee, { kind: callerKind }) => {
      if (callerKind !== 'service') return;
      const rawCardCall = edge.seen
        .flatMap(({ callSites }) => [...callSites.values()].map(({ calleeOperation }) => calleeOperation))
        .filter(takesRawCards)
        .sort(byText)[0];
      const how =
        rawCardCall === undefined ? '' : ` by ${rawCardCall}, which can take raw card numbers: to be confirmed`;
      claims.push({
        node: caller,
        class: rawCardCall === undefined ? 'not-observed' : 'cde',
        basis: rawCardCall === undefined ? 'none' : 'candidate',
        reason: {
          rule: 'calls-payment-provider',
          message: `It calls the payment provider ${provider}${how}.`,
          n: edge.callCount,
          traceIds: smallestThree(edge.seen.flatMap(({ traceIds }) => traceIds)),
          witnessPath: [caller, node],
        },
        predicate: `calls the payment provider ${provider}`,
      });
    });
  });
  return claims;
}

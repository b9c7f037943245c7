import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policyOf, rollupOf, type RollupSketch } from '../../fixtures/rollups.ts';
import type { PciClass } from '../model/analysis.ts';
import type { ServicePolicy } from '../model/policy.ts';
import { dependencyGraph } from './dependency-graph.ts';
import { PCI_CLASSES } from './pci-claim.ts';
import { pciScope } from './pci-scope.ts';

function reportOf(sketch: RollupSketch, services: Record<string, ServicePolicy> = {}, hosts: string[] = []) {
  const policy = policyOf({ services: new Map(Object.entries(services)), paymentProviderHosts: hosts });
  const rollup = rollupOf(sketch);
  return pciScope(dependencyGraph(rollup, policy), rollup, policy);
}

/** `id: class (basis)` of everything that has a class. */
function inShort(report: ReturnType<typeof reportOf>): string[] {
  return [...report.scopes]
    .filter(([, scope]) => scope.class !== 'not-observed' || scope.basis !== 'none')
    .map(([id, scope]) => `${id}: ${scope.class} (${scope.basis})`);
}

interface Case {
  readonly name: string;
  readonly sketch: RollupSketch;
  readonly services?: Record<string, ServicePolicy>;
  readonly hosts?: string[];
  readonly expected: readonly string[];
}

describe('pciScope', () => {
  it.each<Case>([
    { name: 'nothing known, nothing said', sketch: { edges: ['a -> b'] }, expected: [] },
    {
      name: 'declared, and one and two hops away in either direction',
      sketch: { edges: ['x -> a', 'a -> cde', 'cde -> b', 'b -> y async', 'y -> z'] },
      services: { cde: { pci: 'cde' } },
      expected: [
        'a: connected-to (observed)',
        'b: connected-to (observed)',
        'cde: cde (declared)',
        'x: indirect (observed)',
        'y: indirect (observed)',
      ],
    },
    {
      name: 'labelled, in any spelling',
      sketch: { nodes: { a: { pciScopes: new Set(['CDE']) }, b: { pciScopes: new Set(['Security_Impacting']) } } },
      expected: ['a: cde (declared)', 'b: security-impacting (declared)'],
    },
    { name: 'card data', sketch: { cards: [{ node: 'a', strength: 'strong' }] }, expected: ['a: cde (evidence)'] },
    {
      name: 'authentication data',
      sketch: { cards: [{ node: 'a', strength: 'authentication' }] },
      expected: ['a: cde (evidence)'],
    },
    {
      name: 'both ends of a call that carried it, whichever end showed it',
      sketch: { edges: [{ edge: 'a -> b', cardEvidenceCount: 3 }, 'b -> c'] },
      expected: ['a: cde (evidence)', 'b: cde (evidence)', 'c: connected-to (observed)'],
    },
    {
      name: 'not what a caller without a name sent, nor what went to a store',
      sketch: {
        edges: [
          { edge: 'unknown-caller -> a', cardEvidenceCount: 1 },
          { edge: 'b -> database:d data', cardEvidenceCount: 1 },
        ],
      },
      expected: [],
    },
    {
      name: 'what may be card data is a candidate',
      sketch: { cards: [{ node: 'a', strength: 'medium' }] },
      expected: ['a: cde (candidate)'],
    },
    { name: 'test cards make no CDE', sketch: { cards: [{ node: 'a', strength: 'test' }] }, expected: [] },
    {
      name: 'who gets the messages of the CDE is connected to it, and so is the topic; other users of the topic are two hops away',
      sketch: { via: ['cde => destination:paid => b'], edges: ['c -> destination:paid async', 'b -> d'] },
      services: { cde: { pci: 'cde' } },
      expected: [
        'b: connected-to (observed)',
        'c: indirect (observed)',
        'cde: cde (declared)',
        'd: indirect (observed)',
        'destination:paid: connected-to (observed)',
      ],
    },
    {
      name: 'a role puts a service in scope without any call, a token vault in the CDE',
      sketch: { edges: ['a -> idp', 'b -> vault'] },
      services: { idp: { role: 'authentication' }, vault: { role: 'token-vault' } },
      expected: ['b: connected-to (observed)', 'idp: security-impacting (declared)', 'vault: cde (declared)'],
    },
    {
      name: 'the more restrictive of role and observation wins',
      sketch: { edges: ['idp -> cde'] },
      services: { idp: { role: 'authentication' }, cde: { pci: 'cde' } },
      expected: ['cde: cde (declared)', 'idp: connected-to (observed)'],
    },
    {
      name: 'who gets card numbers back from a declared vault is in the CDE, who has tokens made may be, who has tokens is connected',
      sketch: {
        edges: [
          { edge: 'a -> vault', sites: [{ calleeOperation: 'POST /detokenize' }] },
          { edge: 'b -> vault', sites: [{ calleeOperation: 'vault.Vault/Tokenise' }] },
          { edge: 'c -> vault', sites: [{ calleeOperation: 'GET /tokens/:id/last4' }] },
          { edge: 'd -> other', sites: [{ calleeOperation: 'POST /detokenize' }] },
        ],
      },
      services: { vault: { role: 'token-vault' } },
      expected: ['a: cde (evidence)', 'b: cde (candidate)', 'c: connected-to (observed)', 'vault: cde (declared)'],
    },
    {
      name: 'who sends the CDE what can be a new card is a candidate, who asks for one is connected',
      sketch: {
        edges: [
          { edge: 'a -> cde', sites: [{ calleeOperation: 'POST /payment-methods' }] },
          { edge: 'b -> cde', sites: [{ calleeOperation: 'GET /cards' }] },
          { edge: 'c -> cde', sites: [{ calleeOperation: 'POST /cards/:id/default' }] },
        ],
      },
      services: { cde: { pci: 'cde' } },
      expected: [
        'a: cde (candidate)',
        'b: connected-to (observed)',
        'c: connected-to (observed)',
        'cde: cde (declared)',
      ],
    },
    {
      name: 'a service of the CDE that gives numbers back, but is not declared a vault, makes candidates',
      sketch: { edges: [{ edge: 'a -> cde', sites: [{ calleeOperation: 'POST /de-tokenise' }] }, 'x -> a'] },
      services: { cde: { pci: 'cde' } },
      expected: ['a: cde (candidate)', 'cde: cde (declared)', 'x: connected-to (candidate)'],
    },
    {
      name: 'nobody in particular is in no class and leads nowhere',
      sketch: { edges: ['unknown-caller -> cde', 'unknown-caller -> a'] },
      services: { cde: { pci: 'cde' } },
      expected: ['cde: cde (declared)'],
    },
    {
      name: 'the other end of a call is connected, since a rollup does not tell which call it was',
      sketch: {
        edges: [{ edge: 'a -> b', sites: [{ calleeOperation: 'GET /pay' }] }],
        cards: [{ node: 'b', strength: 'strong', place: 'url.full', operation: 'GET /pay' }],
      },
      expected: ['a: connected-to (observed)', 'b: cde (evidence)'],
    },
    {
      name: 'a database that was handed card data is a candidate',
      sketch: {
        edges: [{ edge: 'a -> database:d data', sites: [{ callerOperation: 'POST /pay' }] }, 'a -> database:e data'],
        cards: [{ node: 'a', strength: 'strong', place: 'db.query.text', operation: 'POST /pay' }],
      },
      expected: ['a: cde (evidence)', 'database:d: cde (candidate)', 'database:e: connected-to (observed)'],
    },
    {
      name: 'who sends a payment provider raw cards is a candidate',
      sketch: {
        edges: [
          { edge: 'a -> external:api.stripe.com', sites: [{ calleeOperation: 'POST /v1/tokens' }] },
          { edge: 'b -> external:api.stripe.com', sites: [{ calleeOperation: 'POST /v1/charges' }] },
          { edge: 'c -> external:notstripe.com', sites: [{ calleeOperation: 'POST /v1/tokens' }] },
          { edge: 'd -> external:psp.example:443', sites: [{ calleeOperation: 'POST /v1/tokens' }] },
        ],
      },
      hosts: ['psp.example'],
      expected: [
        'a: cde (candidate)',
        'b: indirect (observed)',
        'd: cde (candidate)',
        'external:api.stripe.com: connected-to (candidate)',
        'external:psp.example:443: connected-to (candidate)',
      ],
    },
    {
      name: 'declared out of scope, and nothing against it',
      sketch: { edges: ['a -> b', 'b -> cde'] },
      services: { a: { pci: 'out-of-scope', reason: 'own segment', expires: '2027-01-01' }, cde: { pci: 'cde' } },
      expected: ['a: not-observed (declared)', 'b: connected-to (observed)', 'cde: cde (declared)'],
    },
    {
      name: 'declared out of scope, but connected',
      sketch: { edges: ['a -> cde'] },
      services: { a: { pci: 'out-of-scope' }, cde: { pci: 'cde' } },
      expected: ['a: connected-to (observed)', 'cde: cde (declared)'],
    },
    {
      name: 'by plain name, whatever the namespace',
      sketch: { edges: ['shop/a -> shop/b'] },
      services: { b: { pci: 'cde' } },
      expected: ['shop/a: connected-to (observed)', 'shop/b: cde (declared)'],
    },
  ])('$name', ({ sketch, services, hosts, expected }) => {
    expect(inShort(reportOf(sketch, services, hosts))).toEqual(expected);
  });

  it('gives the witness path in call direction', () => {
    const { scopes } = reportOf({ edges: ['x -> a', 'a -> cde', 'cde -> b', 'b -> y'] }, { cde: { pci: 'cde' } });
    expect(['a', 'b', 'x', 'y'].map((id) => scopes.get(id)?.reasons[0]?.witnessPath)).toEqual([
      ['a', 'cde'],
      ['cde', 'b'],
      ['x', 'a', 'cde'],
      ['cde', 'b', 'y'],
    ]);
  });

  it('tells why test cards do not count, and who the payment providers are', () => {
    const { scopes } = reportOf({
      edges: ['a -> external:api.stripe.com'],
      cards: [{ node: 'a', strength: 'test' }],
    });
    expect(scopes.get('a')?.reasons.map(({ rule }) => rule)).toEqual(['test-card', 'calls-payment-provider']);
    expect(scopes.get('external:api.stripe.com')?.reasons.map(({ rule }) => rule)).toEqual(['payment-provider']);
  });

  it('reports a conflict where a declaration is contradicted', () => {
    const declared: Record<string, ServicePolicy> = { a: { pci: 'out-of-scope' }, b: { pci: 'out-of-scope' } };
    const { conflicts } = reportOf({ cards: [{ node: 'a', strength: 'strong' }], edges: ['c -> b'] }, declared);
    expect(conflicts.map(({ node, predicate }) => `${node} ${predicate}`)).toEqual(['a carries card data']);
  });

  it('says whether a conflict is certain, or rests on a candidate', () => {
    const out: ServicePolicy = { pci: 'out-of-scope', reason: 'own segment', expires: '2027-01-01' };
    const { conflicts } = reportOf(
      { cards: [{ node: 'a', strength: 'medium' }], edges: ['b -> a', 'c -> cde'] },
      { b: out, c: out, cde: { pci: 'cde' } },
    );
    expect(conflicts.map(({ node, isCertain }) => `${node} ${isCertain}`)).toEqual(['b false', 'c true']);
  });

  it('lets a declaration of out of scope protect until its day, and no longer', () => {
    const sketch: RollupSketch = { edges: ['a -> b', 'b -> cde'] };
    const policy = policyOf({
      services: new Map<string, ServicePolicy>([
        ['a', { pci: 'out-of-scope', reason: 'own segment', expires: '2026-03-02' }],
        ['cde', { pci: 'cde' }],
      ]),
    });
    const rollup = rollupOf(sketch);
    const scopeOf = (today: string) =>
      pciScope(dependencyGraph(rollup, policy), rollup, policy, today).scopes.get('a')!;
    expect(scopeOf('2026-03-02')).toMatchObject({ class: 'not-observed', basis: 'declared' });
    expect(scopeOf('2026-03-03')).toMatchObject({ class: 'indirect', basis: 'observed' });
    expect(scopeOf('2026-03-03').reasons.map(({ rule }) => rule)).toContain('declaration-expired');
  });

  it('takes a proxy for a candidate where there is a CDE that calls may reach through it', () => {
    const rollup = rollupOf({ edges: ['a -> cde'], nodes: { 'edge/gateway': {} } });
    const scopeOf = (services: readonly (readonly [string, ServicePolicy])[]) => {
      const policy = policyOf({ services: new Map(services), proxies: ['gateway'] });
      return pciScope(dependencyGraph(rollup, policy), rollup, policy).scopes.get('edge/gateway')!;
    };
    expect(scopeOf([])).toMatchObject({ class: 'not-observed', basis: 'none' });
    expect(scopeOf([['cde', { pci: 'cde' }]])).toMatchObject({ class: 'connected-to', basis: 'candidate' });
  });

  it('says who declared it, when and why', () => {
    const { scopes } = reportOf(
      { edges: ['a -> b'] },
      {
        a: {
          pci: 'cde',
          reason: 'takes cards',
          confirmedBy: 'J. Doe',
          confirmedOn: '2026-03-01',
          expires: '2027-03-01',
        },
        b: { role: 'secrets' },
      },
    );
    expect(scopes.get('a')?.reasons[0]?.message).toBe(
      'The policy declares it cde: takes cards; confirmed by J. Doe on 2026-03-01; to be confirmed again by 2027-03-01.',
    );
    expect(scopes.get('b')?.reasons.map(({ message }) => message)).toContain(
      'Its role, says the policy: it keeps secrets and keys.',
    );
  });

  it('gives the topic in the witness path, and when a connection was seen', () => {
    const { scopes } = reportOf({ via: ['cde => destination:t => b'], edges: ['b -> c'] }, { cde: { pci: 'cde' } });
    expect(scopes.get('b')?.reasons[0]).toMatchObject({
      message: 'Over destination:t it gets messages of cde, which is in the CDE (10 times).',
      witnessPath: ['cde', 'destination:t', 'b'],
    });
    expect(scopes.get('c')?.reasons[0]?.witnessPath).toEqual(['cde', 'destination:t', 'b', 'c']);
    expect(scopes.get('destination:t')?.reasons[0]).toMatchObject({
      firstSeen: '2026-03-02T09:00:00.000Z',
      lastSeen: '2026-03-02T10:00:00.000Z',
    });
  });

  it.each([
    { name: 'too few numbers to tell', medium: 2, nearMiss: 17, place: 'order.number', expected: 'a: cde (candidate)' },
    { name: 'ids', medium: 6, nearMiss: 54, place: 'order.number', expected: undefined },
    { name: 'ids in a text', medium: 6, nearMiss: 54, place: 'db.query.text', expected: 'a: cde (candidate)' },
    { name: 'neither', medium: 12, nearMiss: 18, place: 'order.number', expected: 'a: cde (candidate)' },
    { name: 'card numbers', medium: 20, nearMiss: 0, place: 'order.number', expected: 'a: cde (evidence)' },
    { name: 'card numbers, some mistyped', medium: 95, nearMiss: 5, place: 'x', expected: 'a: cde (evidence)' },
  ])('judges a place by how many of its numbers pass: $name', ({ medium, nearMiss, place, expected }) => {
    const cards = [
      { node: 'a', strength: 'medium', place, count: medium },
      { node: 'a', strength: 'near-miss', place, count: nearMiss },
    ] as const;
    expect(inShort(reportOf({ cards }))).toEqual(expected === undefined ? [] : [expected]);
  });

  it('never clears a place for its strong hits, nor one place for another', () => {
    const report = reportOf({
      cards: [
        { node: 'a', strength: 'near-miss', place: 'x', count: 900 },
        { node: 'a', strength: 'strong', place: 'x', count: 1 },
        { node: 'b', strength: 'near-miss', place: 'x', count: 900 },
        { node: 'b', strength: 'medium', place: 'y', count: 1 },
      ],
    });
    expect(inShort(report)).toEqual(['a: cde (evidence)', 'b: cde (candidate)']);
  });

  it('tells why ids that look like card numbers are no evidence', () => {
    const cards = [
      { node: 'a', strength: 'medium', place: 'order.number', count: 6 },
      { node: 'a', strength: 'near-miss', place: 'order.number', count: 54 },
    ] as const;
    expect(reportOf({ cards }).scopes.get('a')?.reasons[0]).toMatchObject({ rule: 'card-data-by-chance', n: 60 });
  });

  it('counts labels it does not know', () => {
    const { problems } = reportOf({ nodes: { a: { pciScopes: new Set(['in scope?']) } } });
    expect(problems.map(({ kind, count }) => ({ kind, count }))).toEqual([{ kind: 'pci-label-unknown', count: 1 }]);
  });

  const services = ['a', 'b', 'c', 'd', 'e'];
  const pairs = services.flatMap((caller) => services.map((callee) => `${caller} -> ${callee}`));

  it('is the rule to the letter: one hop from the CDE, two hops, nothing', () => {
    fc.assert(
      fc.property(fc.subarray(pairs), fc.subarray(services), (edges, cde) => {
        const policy = Object.fromEntries(cde.map((id) => [id, { pci: 'cde' } as const]));
        const { scopes } = reportOf({ edges, nodes: Object.fromEntries(services.map((id) => [id, {}])) }, policy);
        const isBeside = (one: string, two: string) =>
          edges.includes(`${one} -> ${two}`) || edges.includes(`${two} -> ${one}`);
        const expected = services.map((id): PciClass => {
          if (cde.includes(id)) return 'cde';
          if (cde.some((inside) => isBeside(id, inside))) return 'connected-to';
          const isIndirect = services.some(
            (between) =>
              isBeside(id, between) && !cde.includes(between) && cde.some((inside) => isBeside(between, inside)),
          );
          return isIndirect ? 'indirect' : 'not-observed';
        });
        expect(services.map((id) => scopes.get(id)?.class)).toEqual(expected);
      }),
    );
  });

  it('says which call it was', () => {
    const [reason] = reportOf({ edges: [{ edge: 'a -> b', cardEvidenceCount: 3 }] }).scopes.get('b')!.reasons;
    expect(reason).toMatchObject({ rule: 'card-data-call', n: 3, witnessPath: ['a', 'b'] });
    expect(reason?.message).toBe('It was called by a with card data on the span of one end (3 times).');
  });

  it('never lowers a class when more is seen, and never says out of scope', () => {
    fc.assert(
      fc.property(
        fc.subarray(pairs),
        fc.subarray(pairs),
        fc.subarray(pairs),
        fc.subarray(services),
        fc.subarray(services),
        (edges, moreEdges, carrying, leaks, moreLeaks) => {
          const nodes = Object.fromEntries(services.map((id) => [id, {}]));
          const cards = (ids: string[]) =>
            ids.map((node) => ({ node, strength: 'strong' as const, place: 'url.full' }));
          const before = reportOf({ nodes, edges, cards: cards(leaks) });
          const after = reportOf({
            nodes,
            edges: [...new Set([...edges, ...moreEdges, ...carrying])].map((edge) => ({
              edge,
              cardEvidenceCount: carrying.includes(edge) ? 1 : 0,
            })),
            cards: cards([...new Set([...leaks, ...moreLeaks])]),
          });
          for (const id of services) {
            const rank = (report: typeof before) => PCI_CLASSES.indexOf(report.scopes.get(id)!.class);
            expect(rank(after)).toBeLessThanOrEqual(rank(before));
            expect(after.scopes.get(id)!.basis).not.toBe('declared');
          }
        },
      ),
    );
  });
});

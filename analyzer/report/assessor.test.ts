import { describe, expect, it } from 'vitest';
import { cloudAnalysis, emptyAnalysis } from '../../fixtures/analysis.ts';
import { hostileAnalysis } from '../../fixtures/hostile-analysis.ts';
import { policyOf, rollupOf } from '../../fixtures/rollups.ts';
import { conclude } from '../analyze.ts';
import type { Analysis } from '../model/analysis.ts';
import type { Baseline } from '../model/baseline.ts';
import type { ServicePolicy } from '../model/policy.ts';
import { assessor } from './assessor.ts';

const PLAIN = { color: false, width: 100 };

const SERVICES: Readonly<Record<string, ServicePolicy>> = {
  payments: {
    pci: 'cde',
    reason: 'takes cards',
    owner: 'team-money',
    function: 'charges cards',
    confirmedBy: 'J. Doe',
    confirmedOn: '2026-01-10',
    expires: '2027-01-10',
  },
  idp: { role: 'authentication', owner: 'team-access', function: 'signs people in' },
  reports: { pci: 'out-of-scope', reason: 'a network of its own', expires: '2027-01-31' },
  ledger: { pci: 'out-of-scope', reason: 'no way there', expires: '2027-01-31' },
};

const ROLLUP = rollupOf({
  edges: [
    'unknown-caller -> payments',
    'shop -> payments',
    { edge: 'payments -> fraud', cardEvidenceCount: 4 },
    'payments -> database:cards data',
    'payments -> ledger',
    { edge: 'wallet -> external:api.stripe.com', sites: [{ calleeOperation: 'POST /v1/tokens' }] },
    'reports -> shop',
    'blog -> comments',
  ],
  via: ['payments => destination:paid => mailer'],
  cards: [
    { node: 'payments', strength: 'strong', place: 'payment.note', operation: 'POST /pay' },
    { node: 'blog', strength: 'medium', place: 'order.number', count: 6 },
    { node: 'blog', strength: 'near-miss', place: 'order.number', count: 54 },
  ],
  nodes: { idp: {}, acquirer: { spanCount: 0 } },
});

function system(): Analysis {
  return conclude(ROLLUP, policyOf({ services: new Map(Object.entries(SERVICES)) }), { today: '2026-03-02' });
}

function baseline(fields: Partial<Baseline>): Baseline {
  return {
    schema: 'ringfence.baseline/1',
    tracesAtLeast: 1,
    dependencies: [],
    cycles: [],
    accepted: [],
    criticalServices: [],
    pciScope: [],
    cdeDependencies: [],
    externalPeers: [],
    ...fields,
  };
}

describe('the report for the assessor', () => {
  it('says the same as ever of a small system with everything in it', async () => {
    await expect(assessor(system(), PLAIN)).toMatchFileSnapshot('__golden__/assessor.md.txt');
  });

  it('has a table row for every number of the diagram, and no edge beyond the scope', () => {
    const text = assessor(system(), PLAIN);
    const drawn = [...text.matchAll(/\|(\d+)\| n\d+$/gm)].map(([, number]) => number);
    const rows = [...text.matchAll(/^\| (\d+) \| `/gm)].map(([, number]) => number);
    expect(drawn.length).toBeGreaterThan(5);
    expect(rows).toEqual(drawn);
    expect(text.split('## 2.')[0]).not.toMatch(/blog|comments|reports/);
  });

  it('draws what carried card data thick, and callers without spans only where they reach into the CDE', () => {
    const diagram = /```mermaid\n([^]*?)```/.exec(assessor(system(), PLAIN))![1]!;
    expect(diagram.match(/==>/g)).toHaveLength(1);
    expect(diagram).toContain('outside, no spans');
  });

  it('never says of anything seen that it is out of scope', () => {
    for (const analysis of [system(), cloudAnalysis(), emptyAnalysis(), hostileAnalysis()]) {
      const text = assessor(analysis, PLAIN);
      for (const [line] of text.matchAll(/^.*out of( PCI)? scope.*$/gim)) {
        expect(line).toMatch(/declare|thereby|\(12/i);
      }
      expect(text).toContain('Absence from traces is no evidence of segmentation.');
    }
  });

  it('says what changed since the last confirmation', () => {
    const now = system();
    const inScope = now.services.flatMap(({ id, pci }) =>
      pci.class === 'cde' || pci.class === 'connected-to' || pci.class === 'security-impacting'
        ? [{ service: id, class: pci.class }]
        : [],
    );
    const same = baseline({
      pciScope: inScope,
      cdeDependencies: now.dependencies
        .filter(({ caller, callee }) => {
          const isInside = (node: string) =>
            inScope.some(({ service, class: own }) => service === node && own === 'cde');
          return isInside(callee) && !isInside(caller);
        })
        .map(({ caller, callee }) => ({ caller, callee })),
      externalPeers: ['external:api.stripe.com'],
    });
    const changesOf = (lastConfirmed: Baseline) =>
      assessor(now, { ...PLAIN, lastConfirmed }).split('## 7. Since the last confirmation\n\n')[1] ?? '';
    expect(changesOf(same)).toBe('Same components in scope, same connections into the CDE, same hosts outside.\n');
    expect(
      changesOf({
        ...same,
        pciScope: [
          ...inScope.filter(({ service }) => service !== 'mailer' && service !== 'fraud'),
          { service: 'fraud', class: 'connected-to' },
          { service: 'gone', class: 'cde' },
          { service: 'reports', class: 'connected-to' },
        ],
        cdeDependencies: [{ caller: 'gone', callee: 'payments' }],
        externalPeers: ['external:old.example'],
      }).match(/^- .*$/gm),
    ).toEqual([
      '- `fraud`: connected-to before, cde now',
      '- new in scope: `mailer`, connected-to',
      '- not seen this time: `gone`, cde before',
      '- not seen in scope this time: `reports`, connected-to before, not-observed now',
      '- new connection into the CDE: `shop` → `payments`',
      '- new connection into the CDE: `unknown-caller` → `payments`',
      '- connection into the CDE not seen this time: `gone` → `payments`',
      '- new host outside: `external:api.stripe.com`',
      '- host outside not seen this time: `external:old.example`',
    ]);
  });
});

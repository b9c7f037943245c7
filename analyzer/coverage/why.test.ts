import { describe, expect, it } from 'vitest';

import { observed } from '../../fixtures/drawn-rollup.ts';
import { conclude } from '../analyze.ts';
import type { Analysis } from '../model/analysis.ts';
import { EMPTY_POLICY } from '../model/policy.ts';
import { mergeRollups } from '../rollup/merge-rollups.ts';
import { coverageOf } from './coverage.ts';
import { explainEdge } from './why.ts';

/** What several traces show together, each a drawing. */
function analysisOf(...drawings: readonly string[]): Analysis {
  return conclude(mergeRollups(drawings.map((drawing) => observed(drawing))), EMPTY_POLICY);
}

const CHECKOUT = `
  checkout SERVER 0-100
    checkout CLIENT 10-90
      gateway SERVER 20-80
        gateway CLIENT 30-70
          payments SERVER 40-60`;

describe('why is there an edge, or none', () => {
  it('a call that was seen is described with its halves and an example', () => {
    const answer = explainEdge(analysisOf(CHECKOUT), 'checkout', 'gateway');
    expect(answer).toMatchObject({
      verdict: 'called',
      path: ['checkout', 'gateway'],
      summary: 'checkout calls gateway: 1 call was seen.',
    });
    expect(answer.found[1]).toMatch(/^sync: 1 call in 1 trace, both halves of every call were seen; .*traces 0123/);
  });

  it('a service reached over others says over which, and how to splice one out', () => {
    const answer = explainEdge(analysisOf(CHECKOUT), 'checkout', 'payments');
    expect(answer).toMatchObject({ verdict: 'reached', path: ['checkout', 'gateway', 'payments'] });
    expect(answer.next.at(-1)).toContain('gateway only passes calls on, declare it under proxies');
  });

  it('no client span of the caller: its client is not instrumented', () => {
    const answer = explainEdge(analysisOf('a SERVER 0-9', 'b SERVER 0-9'), 'a', 'b');
    expect(answer.verdict).toBe('not-seen');
    expect(answer.missing.some((line) => line.startsWith('a has not a single span of a call it makes'))).toBe(true);
  });

  it('traces that begin at the callee: the context was not passed on', () => {
    const answer = explainEdge(
      analysisOf('a SERVER 0-9\n  a CLIENT 1-8 server.address=c.example', 'b SERVER 0-9'),
      'a',
      'b',
    );
    expect(answer.missing.some((line) => line.startsWith('1 trace begins at b'))).toBe(true);
    expect(answer.next.some((line) => line.includes('traceparent'))).toBe(true);
  });

  it('an address that is called and is named like the callee is the likeliest reason', () => {
    const traces = analysisOf(
      'a SERVER 0-9\n  a CLIENT 1-8 server.address=billing.svc server.port=8080',
      'billing SERVER 0-9',
    );
    const answer = explainEdge(traces, 'a', 'billing');
    expect(answer.summary).toContain('Likeliest: external:billing.svc:8080 is billing');
    expect(answer.next[0]).toContain('aliases: { "external:billing.svc:8080": "billing" }');
  });

  it('spans of the callee whose parents never came', () => {
    const answer = explainEdge(analysisOf('a SERVER 0-9', 'b SERVER 0-9 parent=abcdef'), 'a', 'b');
    expect(answer.missing.some((line) => line.startsWith('1 of 1 span of b (100 %) name'))).toBe(true);
  });

  it('a name nobody has gets the nearest one, and no verdict on calls', () => {
    const answer = explainEdge(analysisOf(CHECKOUT), 'checkout', 'paiments');
    expect(answer).toMatchObject({ verdict: 'not-seen', callee: 'paiments' });
    expect(answer.next[0]).toBe('Did you mean payments?');
  });

  it('a plain name that several services have is not guessed', () => {
    const answer = explainEdge(analysisOf('shop/api SERVER 0-9', 'bank/api SERVER 0-9'), 'api', 'shop/api');
    expect(answer.missing).toEqual(['api may be any of bank/api and shop/api.']);
  });

  it('never says that there is no call', () => {
    const text = JSON.stringify(explainEdge(analysisOf('a SERVER 0-9', 'b SERVER 0-9'), 'a', 'b'));
    expect(text).not.toMatch(/does not call|there is no call|never calls/);
  });
});

it('coverage counts halves of calls between services, and what is one-sided by nature apart', () => {
  const { coverage } = analysisOf(
    CHECKOUT,
    'a SERVER 0-9\n  a CLIENT 1-8 db.system=postgresql server.address=db',
    'b SERVER 0-9 parent=abcdef',
    'unknown_service INTERNAL 0-9',
  );
  expect(coverage).toMatchObject({
    orphanCount: 1,
    anonymousSpanCount: 1,
    calls: { callCount: 2, bothCount: 2, clientOnlyCount: 0, serverOnlyCount: 0 },
    oneSidedByNatureCount: 1,
    incompleteTraceCount: 1,
  });
  const gateway = coverage.services.find(({ service }) => service === 'gateway');
  expect([gateway?.asCaller.callCount, gateway?.asCallee.callCount]).toEqual([1, 1]);
});

it('coverage of nothing is all zeros', () => {
  const nothing = coverageOf({ services: [], dependencies: [], traceCount: 0, spanCount: 0, incompleteTraceCount: 0 });
  expect(nothing.calls.callCount).toBe(0);
});

import { describe, expect, it } from 'vitest';
import { observed } from '../../fixtures/drawn-rollup.ts';
import { drawnTrace } from '../../fixtures/drawn-trace.ts';
import type { SpanDraft } from '../../fixtures/generate.ts';
import { policyOf } from '../../fixtures/rollups.ts';
import { conclude } from '../analyze.ts';
import type { Analysis } from '../model/analysis.ts';
import { encodeRollup } from '../rollup/encode-rollup.ts';

const ANSWERED = 'a SERVER 0-100\n  a CLIENT 10-90 server.address=b.internal\n    b SERVER 20-80';
const BY_ANOTHER = 'a SERVER 0-100\n  a CLIENT 10-90 server.address=b.internal\n    c SERVER 20-80';
const UNANSWERED = 'd SERVER 0-100\n  d CLIENT 10-90 server.address=b.internal';

describe('addresses', () => {
  it.each<[what: string, traces: [count: number, drawing: string][], edges: string[], addresses?: string[]]>([
    [
      'five answers of one service are enough',
      [
        [5, ANSWERED],
        [2, UNANSWERED],
      ],
      ['a b 5', 'd b 2'],
      ['b.internal'],
    ],
    [
      'four are not',
      [
        [4, ANSWERED],
        [2, UNANSWERED],
      ],
      ['a b 4', 'd external:b.internal 2'],
    ],
    [
      'one answer in twenty may be of another',
      [
        [19, ANSWERED],
        [1, BY_ANOTHER],
        [1, UNANSWERED],
      ],
      ['a b 19', 'a c 1', 'd b 1'],
      ['b.internal'],
    ],
    [
      'behind a gateway stand several',
      [
        [18, ANSWERED],
        [1, BY_ANOTHER],
        [1, UNANSWERED],
      ],
      ['a b 18', 'a c 1', 'd external:b.internal 1'],
    ],
    [
      'the lost answers of a known caller go where the others went',
      [
        [5, ANSWERED],
        [1, 'a SERVER 0-100\n  a CLIENT 10-90 server.address=b.internal'],
      ],
      ['a b 6'],
      ['b.internal'],
    ],
    [
      'no service calls itself by an address alone',
      [
        [5, ANSWERED],
        [1, 'b SERVER 0-100\n  b CLIENT 10-90 server.address=b.internal'],
        [1, UNANSWERED],
      ],
      ['a b 5', 'b external:b.internal 1', 'd b 1'],
      ['b.internal'],
    ],
    [
      'localhost is somebody else for everybody',
      [
        [9, ANSWERED.replace('b.internal', 'localhost:8080')],
        [1, UNANSWERED.replace('b.internal', 'localhost:8080')],
      ],
      ['a b 9', 'd external:localhost:8080 1'],
    ],
  ])('%s', (_, traces, edges, addresses = []) => {
    const { services, dependencies, problems } = conclude(observed(manyTraces(traces)), policyOf({}));
    expect(dependencies.map(({ caller, callee, callCount }) => `${caller} ${callee} ${callCount}`)).toEqual(edges);
    expect(services.find(({ id }) => id === 'b')?.learnedAddresses).toEqual(addresses);
    expect(problems.some(({ kind }) => kind === 'learned-address')).toBe(addresses.length > 0);
    for (const { id } of services) expect(edges.some((edge) => edge.split(' ').includes(id))).toBe(true);
  });

  it('keep what was seen: halves, errors, latencies and time on the critical path', () => {
    const rollup = observed(
      manyTraces([
        [5, ANSWERED],
        [30, `${UNANSWERED} error`],
      ]),
    );
    const before = encodeRollup(rollup);
    const { dependencies, entryPoints } = conclude(rollup, policyOf({}));
    expect(dependencies[1]).toMatchObject({
      caller: 'd',
      callee: 'b',
      clientOnlyCallCount: 30,
      errorCount: 30,
      p50Us: 80,
    });
    const shares = entryPoints.find(({ service }) => service === 'd')!.criticalShare;
    expect(shares.map(({ service, share }) => [service, share])).toEqual([
      ['b', 0.8],
      ['d', 0.2],
    ]);
    // The rollup is read, not changed.
    expect(encodeRollup(rollup)).toEqual(before);
  });

  it('of Kubernetes name their service, if one service of that name says it runs there', () => {
    const inNamespace = (k8sNamespace: string, namespace?: string): SpanDraft => ({
      traceId: k8sNamespace,
      spanId: '1',
      kind: 'server',
      startUs: 0,
      endUs: 1,
      resource: { service: 'b', k8sNamespace, ...(namespace === undefined ? {} : { namespace }) },
    });
    const call = drawnTrace('a CLIENT 0-10 server.address=b.abc.svc.cluster.local server.port=8080');
    const calleeOf = ({ dependencies }: Analysis): string => dependencies[0]!.callee;
    expect(calleeOf(conclude(observed([...call, inNamespace('abc')]), policyOf({})))).toBe('b');
    expect(calleeOf(conclude(observed([...call, inNamespace('def')]), policyOf({})))).toBe('external:b.abc:8080');
    const two = [inNamespace('abc'), { ...inNamespace('abc', 'shop'), spanId: '2' }];
    expect(calleeOf(conclude(observed([...call, ...two]), policyOf({})))).toBe('external:b.abc:8080');
  });

  it('are left to the policy where it gives them a name', () => {
    const aliases = new Map([['external:b.internal', 'legacy']]);
    const traces = manyTraces([
      [5, ANSWERED],
      [1, UNANSWERED],
    ]);
    const { dependencies } = conclude(observed(traces), policyOf({ aliases }));
    expect(dependencies.map(({ caller, callee }) => `${caller} ${callee}`)).toEqual(['a b', 'd legacy']);
  });
});

function manyTraces(traces: readonly (readonly [count: number, drawing: string])[]): SpanDraft[] {
  let number = 0;
  return traces.flatMap(([count, drawing]) =>
    Array.from({ length: count }, () => drawnTrace(drawing, (++number).toString(16).padStart(32, '0'))).flat(),
  );
}

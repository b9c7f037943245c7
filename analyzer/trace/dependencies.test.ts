import { describe, expect, it } from 'vitest';
import { edgesOf, observed } from '../../fixtures/drawn-rollup.ts';
import { drawnTrace } from '../../fixtures/drawn-trace.ts';
import { tableOf } from '../../fixtures/generate.ts';
import type { RollupBuilderOptions } from '../rollup/rollup-builder.ts';
import { RollupBuilder } from '../rollup/rollup-builder.ts';

/** Each linking rule with its small trace. Expected: `caller -> callee mode count[!errors]`. */
const CASES: readonly [rule: string, drawing: string, expected: readonly string[], options?: RollupBuilderOptions][] = [
  [
    'a call, climbing INTERNAL spans on both sides',
    `a SERVER 0-100
       a INTERNAL 5-95
         a CLIENT 10-90
           b SERVER 20-80
             b INTERNAL 30-70
               b CLIENT 35-65
                 c SERVER 40-60`,
    ['a -> b sync 1', 'b -> c sync 1'],
  ],
  [
    'the client instrumentation is missing',
    `a SERVER 0-100
       b SERVER 20-80`,
    ['a -> b sync 1'],
  ],
  [
    'no kinds at all: a parent of another service called (the Jaeger rule)',
    `a UNSPECIFIED 0-100
       b UNSPECIFIED 20-80
         b UNSPECIFIED 30-40`,
    ['a -> b sync 1'],
  ],
  [
    'an INTERNAL span that carries another service is a callee too, but its SERVER span is not another',
    `a CLIENT 0-100
       b INTERNAL 10-90
         b SERVER 20-80`,
    ['a -> b sync 1'],
  ],
  [
    'in-process parent and child are no call',
    `a SERVER 0-100
       a SERVER 10-90
         a INTERNAL 20-80`,
    [],
  ],
  [
    'a real self-call',
    `a SERVER 0-100
       a CLIENT 10-90
         a INTERNAL 15-85
           a SERVER 20-80`,
    ['a -> a sync 1'],
  ],
  [
    'nested CLIENT spans are one call; the outermost has the meaning, the innermost the address',
    `a SERVER 0-100
       a CLIENT 10-90 db.system.name=postgresql db.namespace=orders server.address=proxy
         a INTERNAL 11-89
           a CLIENT 15-85 server.address=db server.port=5432`,
    ['a -> database:orders@db:5432 data 1'],
  ],
  [
    'nested CLIENT spans with an answer',
    `a SERVER 0-100
       a CLIENT 10-90 rpc.method=Pay
         a CLIENT 15-85 server.address=b
           b SERVER 20-80`,
    ['a -> b sync 1'],
  ],
  [
    'a database call that seems to lie in a finished CLIENT span is a call of its own',
    `a SERVER 0-100
       a CLIENT 10-30 server.address=b
         b SERVER 15-25
         a CLIENT 40-50 db.system.name=redis`,
    ['a -> b sync 1', 'a -> database:redis data 1'],
  ],
  [
    'names of callees without spans, by precedence',
    `a SERVER 0-100
       a CLIENT 1-2 peer.service=b peer.namespace=shop server.address=b.internal
       a CLIENT 2-3 server.address=API.stripe.com server.port=443
       a CLIENT 3-4 server.address=c server.port=8080
       a CLIENT 4-5 network.peer.address=10.0.0.1
       a CLIENT 5-6 url.full=https://user@d.example/pay?x=1
       a CLIENT 6-7 rpc.service=Ledger
       a CLIENT 7-8 server.address=e.ns.svc.cluster.local
       a CLIENT 8-9`,
    [
      'a -> external:10.0.0.1 sync 1',
      'a -> external:Ledger sync 1',
      'a -> external:api.stripe.com sync 1',
      'a -> external:c:8080 sync 1',
      'a -> external:d.example sync 1',
      'a -> external:e.ns sync 1',
      'a -> shop/b sync 1',
    ],
  ],
  [
    'databases by peer service, by namespace and address, by address, by system',
    `a SERVER 0-100
       a CLIENT 1-2 db.system.name=mysql peer.service=ledger db.namespace=x
       a CLIENT 2-3 db.system.name=mysql db.namespace=x server.address=db
       a CLIENT 3-4 db.system.name=mysql server.address=db
       a CLIENT 4-5 db.system.name=mysql`,
    [
      'a -> database:db data 1',
      'a -> database:ledger data 1',
      'a -> database:mysql data 1',
      'a -> database:x@db data 1',
    ],
  ],
  [
    'a span without kind that names a peer is a client',
    `a UNSPECIFIED 0-100
       a UNSPECIFIED 1-2 peer.service=b`,
    ['a -> b sync 1'],
  ],
  [
    'a message by parent: through its destination',
    `a SERVER 0-100
       a PRODUCER 10-20 messaging.system=kafka messaging.destination.name=paid
         b CONSUMER 200-300 messaging.system=kafka messaging.destination.name=paid
           b CLIENT 210-220 server.address=x`,
    [
      'a -> destination:kafka/paid async 1',
      'b -> external:x sync 1',
      'destination:kafka/paid -> b async 1',
      'a => b via destination:kafka/paid 1',
    ],
  ],
  [
    'only the consumer knows the destination',
    `a SERVER 0-100
       a PRODUCER 10-20
         b CONSUMER 200-300 messaging.destination.name=paid`,
    ['a -> destination:paid async 1', 'destination:paid -> b async 1', 'a => b via destination:paid 1'],
  ],
  [
    'only the producer knows the destination',
    `a SERVER 0-100
       a PRODUCER 10-20 messaging.destination.name=paid
         b CONSUMER 200-300`,
    ['a -> destination:paid async 1', 'destination:paid -> b async 1', 'a => b via destination:paid 1'],
  ],
  [
    'nobody knows the destination: an event between two services',
    `a SERVER 0-100
       a PRODUCER 10-20
         b CONSUMER 200-300`,
    ['a -> b async 1'],
  ],
  [
    "the producer's own span is missing",
    `a SERVER 0-100
       b CONSUMER 200-300 messaging.destination.name=paid`,
    ['a -> destination:paid async 1', 'destination:paid -> b async 1', 'a => b via destination:paid 1'],
  ],
  [
    'one message, two consumers',
    `a SERVER 0-100
       a PRODUCER 10-20 messaging.destination.name=paid
         b CONSUMER 200-300 messaging.destination.name=paid
         c CONSUMER 200-300 messaging.destination.name=paid`,
    [
      'a -> destination:paid async 1',
      'destination:paid -> b async 1',
      'destination:paid -> c async 1',
      'a => b via destination:paid 1',
      'a => c via destination:paid 1',
    ],
  ],
  [
    'messages by link: one consumer, several producers, even of a later root',
    `
     b CONSUMER 0-50 messaging.destination.name=paid link=7 link=8 link=8
     a SERVER 60-100
       a PRODUCER 70-80 messaging.destination.name=paid id=7
     c SERVER 60-100
       c PRODUCER 70-80 messaging.destination.name=paid id=8`,
    [
      'a -> destination:paid async 1',
      'c -> destination:paid async 1',
      'destination:paid -> b async 1',
      'a => b via destination:paid 1',
      'c => b via destination:paid 1',
    ],
  ],
  [
    'the same message by parent and by link counts once',
    `a SERVER 0-100
       a PRODUCER 10-20 messaging.destination.name=paid id=7
         b CONSUMER 200-300 messaging.destination.name=paid link=7`,
    ['a -> destination:paid async 1', 'destination:paid -> b async 1', 'a => b via destination:paid 1'],
  ],
  [
    'receive around process is one message; settle is none',
    `b CLIENT 0-100 messaging.system=sqs messaging.destination.name=paid messaging.operation.type=receive
       b CONSUMER 10-90 messaging.system=sqs messaging.destination.name=paid messaging.operation.type=process
         b CLIENT 80-85 messaging.system=sqs messaging.destination.name=paid messaging.operation.type=settle`,
    ['destination:sqs/paid -> b async 1'],
  ],
  [
    'a reference that says the parent does not wait',
    `a SERVER 0-100
       b SERVER 20-80 follows-from`,
    ['a -> b async 1'],
  ],
  [
    'a call nobody waits for, though the client span around it is short of its end',
    `a SERVER 0-100
       a INTERNAL 10-5000
         a CLIENT 20-4000
           b SERVER 30-3000`,
    ['a -> b async 1'],
  ],
  [
    'a declared gateway is spliced out',
    `a SERVER 0-100
       a CLIENT 10-90
         gw SERVER 15-85
           gw CLIENT 20-80
             b SERVER 30-70
               b CLIENT 35-65
                 gw SERVER 40-60
                   gw CLIENT 41-59
                     a SERVER 45-55`,
    ['a -> b sync 1', 'b -> a sync 1'],
    { proxies: ['gw'] },
  ],
  [
    'a gateway in front',
    `gw SERVER 0-100
       gw CLIENT 10-90
         a SERVER 15-85`,
    [],
    { proxies: ['gw'] },
  ],
  [
    "Istio's sidecars stand for their service",
    `a SERVER 0-100
       a CLIENT 10-90
         a.default CLIENT 12-88 component=proxy istio.canonical_service=a
           b.default SERVER 15-85 component=proxy istio.canonical_service=b
             b SERVER 20-80`,
    ['a -> b sync 1'],
  ],
  [
    'both halves of a call under one id (Zipkin)',
    `
     a SERVER 0-100 id=1
       a CLIENT 10-90 id=2
     b SERVER 20-80 id=2 parent=1 shared
     b CLIENT 30-40 id=3 parent=2 peer.service=c`,
    ['a -> b sync 1', 'b -> c sync 1'],
  ],
  ['a server that knows its uninstrumented caller', `b SERVER 0-100 peer.service=a`, ['a -> b sync 1']],
  [
    'anonymous services are not one service',
    `unknown_service SERVER 0-100 host=h1
       unknown_service SERVER 10-90 host=h2`,
    ['unknown_service@h1 -> unknown_service@h2 sync 1'],
  ],
  [
    'namespaces tell services apart, Kubernetes namespaces do not',
    `x/a SERVER 0-100
       y/a SERVER 10-90`,
    ['x/a -> y/a sync 1'],
  ],
  [
    'two services that only share a trace id',
    `
     a SERVER 0-100
     b SERVER 10-90`,
    [],
  ],
  [
    'failures of either end; a 404 is one for the client alone',
    `a SERVER 0-100
       a CLIENT 1-9
         b SERVER 2-8 error
       a CLIENT 11-19 error
         b SERVER 12-18
       a CLIENT 21-29 http.response.status_code=404
         b SERVER 22-28 http.response.status_code=404
       a CLIENT 31-39
         b SERVER 32-38 http.response.status_code=404
       a CLIENT 41-49 rpc.status_code=14
         b SERVER 42-48
       a CLIENT 51-59 ok rpc.status_code=14
         b SERVER 52-58`,
    ['a -> b sync 6!4'],
  ],
];

describe('dependencies', () => {
  it.each(CASES)('%s', (_, drawing, expected, options) => {
    expect(edgesOf(observed(drawing, options))).toEqual(expected);
  });

  it('finds the producer of a message in another trace, whichever came first', () => {
    const producer = drawnTrace(
      `a SERVER 0-100
         a PRODUCER 10-20 messaging.destination.name=paid id=7`,
      'aa'.padStart(32, '0'),
    );
    const consumer = drawnTrace(
      'b CONSUMER 200-300 messaging.destination.name=paid link=aa/7 link=bb/7',
      'cc'.padStart(32, '0'),
    );
    const direct = drawnTrace('c CONSUMER 200-300 link=aa/7', 'dd'.padStart(32, '0'));
    for (const spans of [
      [...producer, ...consumer, ...direct],
      [...direct, ...consumer, ...producer],
    ]) {
      const table = tableOf(spans);
      const builder = new RollupBuilder(table.dictionary);
      builder.observe(table);
      const rollup = builder.finish();
      expect(edgesOf(rollup)).toEqual([
        'a -> c async 1',
        'a -> destination:paid async 1',
        'destination:paid -> b async 1',
        'a => b via destination:paid 1',
      ]);
      expect(Object.fromEntries(rollup.problems)).toEqual({ 'unresolved-link': 1 });
    }
  });

  it('learns who answers at an address', () => {
    const rollup = observed(`a SERVER 0-100
       a CLIENT 10-90 server.address=b.internal server.port=8080
         b SERVER 20-80`);
    expect([...rollup.addresses.values()]).toEqual([{ address: 'b.internal:8080', service: 'b', callCount: 1 }]);
  });

  it('counts card evidence on either end of a call', () => {
    const rollup = observed(`a SERVER 0-100
       a CLIENT 10-90 card=note
         b SERVER 20-80
       a CLIENT 91-95 db.system.name=mysql
       a CLIENT 96-98
         c SERVER 97-98 card=note`);
    const counts = Array.from(rollup.dependencies.values(), ({ callee, cardEvidenceCount }) => [
      callee,
      cardEvidenceCount,
    ]);
    expect(Object.fromEntries(counts)).toEqual({ b: 1, c: 1, 'database:mysql': 0 });
    expect(Array.from(rollup.cardEvidence.values(), ({ node, place }) => `${node} ${place}`).sort()).toEqual([
      'a note',
      'c note',
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { edgesOf, observed } from '../../fixtures/drawn-rollup.ts';

/** Rules on whom spans speak of: proxies, destinations, addresses. */
const CASES: readonly [rule: string, drawing: string, expected: readonly string[]][] = [
  [
    'an Envoy between two applications is transparent, however many there are',
    `a SERVER 0-100
       a CLIENT 10-90
         edge-envoy SERVER 12-88 component=proxy
           edge-envoy CLIENT 14-86 component=proxy
             b-envoy SERVER 16-84 component=proxy
               b SERVER 20-80`,
    ['a -> b sync 1'],
  ],
  [
    'what an Envoy sends to nobody who answers is its own call',
    `a SERVER 0-100
       a CLIENT 10-90
         egress SERVER 12-88 component=proxy
           egress CLIENT 14-86 component=proxy upstream_cluster=outbound|443||api.example.com`,
    ['a -> egress sync 1', 'egress -> external:api.example.com sync 1'],
  ],
  [
    'a gateway with one upstream that answers and one that does not',
    `a CLIENT 0-100
       gw SERVER 5-95 component=proxy
         gw CLIENT 10-20 component=proxy upstream_cluster=outbound|80||x
         gw CLIENT 30-90 component=proxy
           b SERVER 40-80`,
    ['a -> b sync 1', 'a -> gw sync 1', 'gw -> external:x sync 1'],
  ],
  [
    'where a mesh is all there is, the proxies are the services',
    `a.shop CLIENT 0-100 component=proxy
       b.shop SERVER 10-90 component=proxy
         b.shop CLIENT 20-80 component=proxy
           c.shop SERVER 30-70 component=proxy`,
    ['a -> b sync 1', 'b -> c sync 1'],
  ],
  [
    'a sidecar of an old Istio is named after app and namespace',
    `reviews SERVER 0-100
       reviews CLIENT 10-90
         reviews.default CLIENT 12-88 component=proxy
           ratings.default SERVER 15-85 component=proxy
             ratings SERVER 20-80`,
    ['reviews -> ratings sync 1'],
  ],
  [
    'an application may well have a dot in its name',
    'a SERVER 0-100\n  b.default SERVER 10-90',
    ['a -> b.default sync 1'],
  ],
  [
    "a sidecar's peer address is its own application's: its upstream says whom it calls",
    'a.default CLIENT 0-10 component=proxy istio.canonical_service=a server.address=10.0.0.1 upstream_cluster=outbound|9080||details.shop.svc.cluster.local',
    ['a -> external:details.shop:9080 sync 1'],
  ],
  [
    'an upstream that names no host leaves it to the URL',
    'a CLIENT 0-10 component=proxy server.address=10.0.0.1 upstream_cluster=PassthroughCluster url.full=http://d/x',
    ['a -> external:d sync 1'],
  ],
  [
    'temporary and anonymous destinations are one each, but for their templates',
    `a SERVER 0-100
       a PRODUCER 1-2 messaging.system=jms messaging.destination.name=q-1 messaging.destination.temporary=true
       a PRODUCER 2-3 messaging.system=jms messaging.destination.name=q-2 messaging.destination.temporary=true
       a PRODUCER 3-4 messaging.system=jms messaging.destination.anonymous=true
       a PRODUCER 4-5 messaging.system=jms messaging.destination.name=reply.{id} messaging.destination.temporary=true
       a PRODUCER 5-6 messaging.system=jms messaging.destination.name=q messaging.destination.temporary=false`,
    [
      'a -> destination:jms/(anonymous) async 1',
      'a -> destination:jms/(temporary) async 2',
      'a -> destination:jms/q async 1',
      'a -> destination:jms/reply.{id} async 1',
    ],
  ],
  [
    'names that brokers make up are temporary too',
    `a SERVER 0-100
       a PRODUCER 1-2 messaging.system=rabbitmq messaging.destination.name=amq.gen-JzTY20BRgKO-HjmUJj0wLg
       a PRODUCER 2-3 messaging.system=nats messaging.destination.name=_INBOX.9pJ4cLkqL
       a PRODUCER 3-4 messaging.system=rabbitmq messaging.destination.name=orders.anonymous.a6zbGfYdTMOdT9V6ZkX1Vw
       a PRODUCER 4-5 messaging.system=rabbitmq messaging.destination.name=amq.topic`,
    [
      'a -> destination:nats/(temporary) async 1',
      'a -> destination:rabbitmq/(temporary) async 1',
      'a -> destination:rabbitmq/amq.topic async 1',
      'a -> destination:rabbitmq/orders.anonymous async 1',
    ],
  ],
  [
    'systems by their old and their new name are one',
    `a SERVER 0-100
       a CLIENT 1-2 db.system.name=mssql
       a CLIENT 2-3 db.system.name=microsoft.sql_server
       a PRODUCER 3-4 messaging.system=AmazonSQS messaging.destination.name=q
       a PRODUCER 4-5 messaging.system=aws_sqs messaging.destination.name=q`,
    ['a -> database:microsoft.sql_server data 2', 'a -> destination:aws_sqs/q async 2'],
  ],
  [
    'ids in names of destinations are masked',
    'a PRODUCER 0-10 messaging.system=mqtt messaging.destination.name=devices/4711/state',
    ['a -> destination:mqtt/devices/{id}/state async 1'],
  ],
  [
    'a producer calls nobody who would answer: its edge is an event, whatever it names',
    'a PRODUCER 0-10 peer.service=b',
    ['a -> b async 1'],
  ],
  [
    'the port of the peer goes with its address, that of the server with its name',
    `a SERVER 0-100
       a CLIENT 1-2 network.peer.address=10.0.0.1 network.peer.port=8080
       a CLIENT 2-3 server.address=b server.port=81 network.peer.address=10.0.0.1 network.peer.port=8080`,
    ['a -> external:10.0.0.1:8080 sync 1', 'a -> external:b:81 sync 1'],
  ],
  [
    'a nameless span is the work of its parent, a nameless server is not',
    `a SERVER 0-100
       unknown_service INTERNAL 10-90
         b SERVER 20-80
       unknown_service SERVER 91-99`,
    ['a -> b sync 1', 'a -> unknown_service sync 1'],
  ],
];

describe('linking rules', () => {
  it.each(CASES)('%s', (_, drawing, expected) => {
    expect(edgesOf(observed(drawing))).toEqual(expected);
  });

  it.each([
    ['both halves', 'a CLIENT 0-100\n  b SERVER 10-90', 0, 0],
    ['the client alone', 'a CLIENT 0-100 peer.service=b', 1, 0],
    ['the server alone, below work of its caller', 'a SERVER 0-100\n  b SERVER 10-90', 0, 1],
    ['the server alone, who knows its caller', 'b SERVER 0-100 peer.service=a', 0, 1],
    ['a message to somebody by link', '\nb CONSUMER 20-30 link=7\na SERVER 0-10\n  a PRODUCER 0-10 id=7', 0, 0],
  ])('a call known by %s', (_, drawing, clientOnlyCount, serverOnlyCount) => {
    const calls = [...observed(drawing).dependencies.values()];
    expect(calls).toMatchObject([{ caller: 'a', callee: 'b', callCount: 1, clientOnlyCount, serverOnlyCount }]);
  });

  it('says of each service how many of its spans lost their parent or do not say what they are', () => {
    const { nodes } = observed('\na SERVER 0-10 parent=dead\na UNSPECIFIED 0-10 parent=dead\nb SERVER 0-10');
    const counts = Array.from(nodes.values(), ({ id, orphanCount, unknownKindCount }) => [
      id,
      orphanCount,
      unknownKindCount,
    ]);
    expect(counts.sort()).toEqual([
      ['a', 2, 1],
      ['b', 0, 0],
    ]);
  });

  it('names the system of an address that two are said to run at the same, whichever came first', () => {
    const [mysql, redis] = ['mysql', 'redis'].map(
      (system) => `a CLIENT 0-10 db.system.name=${system} server.address=db`,
    );
    for (const drawing of [`\n${mysql!}\n${redis!}`, `\n${redis!}\n${mysql!}`]) {
      expect(observed(drawing).nodes.get('database:db')?.system).toBe('mysql');
    }
  });
});

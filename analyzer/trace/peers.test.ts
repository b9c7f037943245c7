import { describe, expect, it } from 'vitest';
import { edgesOf, observed } from '../../fixtures/drawn-rollup.ts';

/**
 * The public test cases of other linkers, written down anew as drawings: what each of them finds, and what we find. Where a
 * case has a fourth column we find something else, and it says why; `docs/linking.md` has the rules behind it.
 *
 * Zipkin: `DependencyLinkerTest`, openzipkin/zipkin at 007e7dd43641bfe1cddc736668bdc6026919f8f5.
 * Jaeger: `SpansToDependencyLinksTest`, jaegertracing/spark-dependencies at 0b854ad27b7bcc60a076422497eaf0ebdc18309c, and the
 * rule of the in-memory store. Tempo: `servicegraphs_test.go`, grafana/tempo at 01a702ccf84d8338a864a74964bbc0f2b32a3ea2.
 * Zipkin's and Jaeger's are under the Apache License 2.0; of Tempo's (AGPL) only the expectation is stated.
 */
type PeerCase = readonly [name: string, drawing: string, theirs: string, ours?: string, why?: string];

const EVENT = 'the trace says who wrote to whom: a broker as such is no node, else one product is a hub between all';
const ONE_DAY_EVENT = 'who consumed what the span sent is known, whatever kind the sender gave it';
const LOOPBACK =
  'a service that gives its own name as its peer has mostly been misnamed: a self-call needs both halves';

const ZIPKIN: readonly PeerCase[] = [
  [
    'linksSpans',
    `
     web SERVER 0-100 id=a
       web CLIENT 10-90 id=b peer.service=app
     app SERVER 20-80 id=b parent=a shared peer.service=web
       app CLIENT 30-40 id=c parent=b peer.service=db error=true`,
    'web app 1, app db 1!1',
  ],
  [
    'linksSpans_serverMissingParentId',
    `
     arn SERVER 0-100 id=a
       arn CLIENT 10-90 id=b peer.service=link
     link SERVER 20-80 id=b shared peer.service=arn`,
    'arn link 1',
  ],
  [
    'lateParentIdInSharedSpan',
    `
     web SERVER 0-100 id=a
       web CLIENT 10-90 id=b peer.service=app
     app SERVER 20-80 id=b shared peer.service=web
       app CLIENT 30-40 id=c parent=b peer.service=db error=true`,
    'web app 1, app db 1!1',
  ],
  [
    'lostChildAndNoParentIdInSharedSpan',
    `
     web SERVER 0-100 id=a
     app SERVER 20-80 id=b shared peer.service=web
       app CLIENT 30-40 id=c parent=b peer.service=db error=true`,
    'web app 1, app db 1!1',
  ],
  [
    'messagingSpansDontLinkWithoutBroker_consumer',
    'producer PRODUCER 0-10\n  consumer CONSUMER 20-30 peer.service=kafka',
    'kafka consumer 1',
    'producer consumer 1',
    EVENT,
  ],
  [
    'messagingSpansDontLinkWithoutBroker_producer',
    'producer PRODUCER 0-10 peer.service=kafka\n  consumer CONSUMER 20-30',
    'producer kafka 1',
    'producer consumer 1',
    EVENT,
  ],
  [
    'messagingWithBroker_both_sides_same',
    'producer PRODUCER 0-10 peer.service=kafka\n  consumer CONSUMER 20-30 peer.service=kafka',
    'producer kafka 1, kafka consumer 1',
    'producer consumer 1',
    EVENT,
  ],
  [
    'messagingWithBroker_different',
    'producer PRODUCER 0-10 peer.service=kafka1\n  consumer CONSUMER 20-30 peer.service=kafka2',
    'producer kafka1 1, kafka2 consumer 1',
    'producer consumer 1',
    EVENT,
  ],
  [
    'messagingWithoutBroker_noLinks',
    'producer PRODUCER 0-10\n  consumer CONSUMER 20-30',
    '',
    'producer consumer 1',
    EVENT,
  ],
  ['producerLinksToServer_childSpan', 'producer PRODUCER 0-10\n  server SERVER 2-8', 'producer server 1'],
  [
    'producerLinksToServer_sameSpan',
    '\nproducer PRODUCER 0-10 id=a\nserver SERVER 2-8 id=a shared',
    'producer server 1',
  ],
  [
    'clientDoesntLinkToConsumer_child',
    'client CLIENT 0-10\n  consumer CONSUMER 2-8',
    '',
    'client consumer 1',
    ONE_DAY_EVENT,
  ],
  ['linksSpansDirectedByKind (server)', 'server SERVER 0-10 peer.service=client', 'client server 1'],
  ['linksSpansDirectedByKind (client)', 'client CLIENT 0-10 shared peer.service=server', 'client server 1'],
  [
    'callsAgainstTheSameLinkIncreasesCallCount_span',
    `client SERVER 0-100
       unknown_service CLIENT 10-20 peer.service=server
       unknown_service CLIENT 30-40 peer.service=server`,
    'client server 2',
  ],
  [
    'callsAgainstTheSameLinkIncreasesCallCount_trace',
    `
     client SERVER 0-100 id=a
       unknown_service CLIENT 10-20 id=b peer.service=server
     client SERVER 0-100 id=a
       unknown_service CLIENT 10-20 id=b peer.service=server`,
    'client server 2',
    'client server 1',
    'spans of one trace with equal ids are one span, sent twice: senders that retry must not add calls',
  ],
  ['singleHostSpansResultInASingleCallCount', 'client CLIENT 0-100\n  server SERVER 10-90', 'client server 1'],
  [
    'singleHostSpansResultInASingleErrorCount',
    'client CLIENT 0-100 error=true\n  server SERVER 10-90 error=true',
    'client server 1!1',
  ],
  [
    'singleHostSpansResultInASingleErrorCount_sameId',
    '\nclient CLIENT 0-100 id=a error=true\nserver SERVER 10-90 id=a shared error=true',
    'client server 1!1',
  ],
  [
    'singleHostSpansResultInASingleCallCount_defersNameToServer',
    'client CLIENT 0-100 peer.service=server\n  server SERVER 10-90',
    'client server 1',
  ],
  [
    'singleHostSpans_multipleChildren',
    `client CLIENT 0-100
       server SERVER 10-20 peer.service=client error=true
       server SERVER 30-40 peer.service=client`,
    'client server 2!1',
  ],
  [
    'singleHostSpans_multipleChildren_defersNameToServer',
    `client CLIENT 0-100 peer.service=server
       server SERVER 10-20
       server SERVER 30-40`,
    'client server 2',
  ],
  [
    'intermediatedClientSpansMissingLocalServiceNameLinkToNearestServer',
    `client SERVER 0-100
       unknown_service UNSPECIFIED 5-95
         server CLIENT 10-20
         server CLIENT 30-40`,
    'client server 2',
  ],
  [
    'errorsOnUninstrumentedLinks',
    `client SERVER 0-100
       unknown_service UNSPECIFIED 5-95
         server CLIENT 10-20 error=true
         server CLIENT 30-40 error=true`,
    'client server 2',
  ],
  [
    'errorsOnInstrumentedLinks',
    `foo SERVER 0-100
       unknown_service UNSPECIFIED 5-95
         bar CLIENT 10-20 peer.service=baz error=true
         bar CLIENT 30-40 peer.service=baz`,
    'foo bar 2, bar baz 2!1',
  ],
  ['annotationNamedErrorDoesntIncrementErrorCount', 'foo CLIENT 0-10 parent=b peer.service=bar', 'foo bar 1'],
  ['linksLoopbackSpans (server)', 'service SERVER 0-10 peer.service=service', 'service service 1', '', LOOPBACK],
  ['linksLoopbackSpans (client)', 'service CLIENT 0-10 peer.service=service', 'service service 1', '', LOOPBACK],
  [
    'noSpanKindTreatedSameAsClient',
    `some-client UNSPECIFIED 0-100 peer.service=web
       web UNSPECIFIED 10-90 peer.service=app
         app UNSPECIFIED 20-80 peer.service=db`,
    'some-client web 1, web app 1, app db 1',
  ],
  [
    'noSpanKindWithError',
    `some-client UNSPECIFIED 0-100 peer.service=web
       web UNSPECIFIED 10-90 peer.service=app error=true
         app UNSPECIFIED 20-80 peer.service=db`,
    'some-client web 1, web app 1!1, app db 1',
  ],
  ['cannotLinkSingleSpanWithoutBothServiceNames (server)', 'server SERVER 0-10', ''],
  ['cannotLinkSingleSpanWithoutBothServiceNames (client)', 'client CLIENT 0-10', ''],
  [
    'cannotLinkSingleSpanWithoutBothServiceNames (anonymous server)',
    'unknown_service SERVER 0-10 peer.service=client',
    '',
    'client unknown_service 1',
    'the call was made: it is shown to a node whose missing name can be seen, and which is on no circle',
  ],
  [
    'cannotLinkSingleSpanWithoutBothServiceNames (anonymous client)',
    'unknown_service CLIENT 0-10 peer.service=server',
    '',
    'unknown_service server 1',
    'as before',
  ],
  [
    'doesntLinkUnrelatedSpansWhenMissingRootSpan',
    '\nservice1 SERVER 0-10 parent=a\nservice2 SERVER 20-30 parent=a',
    '',
  ],
  [
    'linksRelatedSpansWhenMissingRootSpan',
    'service1 SERVER 0-100 parent=a\n  service2 SERVER 20-30',
    'service1 service2 1',
  ],
  ['linksSingleHostSpans', 'web CLIENT 0-100\n  app SERVER 10-90', 'web app 1'],
  ['linksSingleHostSpans_errorOnClient', 'web CLIENT 0-100 error=true\n  app SERVER 10-90', 'web app 1!1'],
  ['missingSpan', 'web SERVER 0-100\n  app CLIENT 10-90', 'web app 1'],
];

const JAEGER: readonly PeerCase[] = [
  [
    'shouldReturnDependencyWithClientAndServerSpans',
    '\nclientName CLIENT 0-10 id=a\nserverName SERVER 2-8 id=a',
    'clientName serverName 1',
  ],
  [
    'shouldReturnDependencyWithConsumerAndProducer',
    '\nproducerName PRODUCER 0-10 id=a\nconsumerName CONSUMER 20-30 id=a',
    'consumerName producerName 1',
    'producerName consumerName 1',
    'the consumer depends on no answer: a message goes from producer to consumer',
  ],
  [
    'shouldReturnEmptyDependencyForSpansWithoutSpanKindDefinition',
    '\nconsumerName UNSPECIFIED 0-10 id=a\nproducerName UNSPECIFIED 0-10 id=a',
    '',
  ],
  ['in-memory store: a parent of another service, whatever the kinds', 'a INTERNAL 0-100\n  b INTERNAL 10-90', 'a b 1'],
  [
    'in-memory store: a parent of the same service',
    'a SERVER 0-100\n  a INTERNAL 10-90',
    'a a 1',
    '',
    'work within one process is no call',
  ],
  ['in-memory store: a client span with its own server span', 'a CLIENT 0-100\n  a SERVER 10-90', 'a a 1'],
];

const TEMPO: readonly PeerCase[] = [
  ['TestServiceGraphs: client and server', 'requester CLIENT 0-100\n  server SERVER 10-90', 'requester server 1'],
  [
    'TestServiceGraphs: database by db.name',
    'server CLIENT 0-10 db.system.name=postgresql db.namespace=postgres server.address=pg.internal',
    'server postgres 1',
    'server database:postgres@pg.internal 1',
    'databases called postgres on two hosts are two: one name for all of them makes a hub',
  ],
  [
    'TestServiceGraphs: producer and consumer',
    'requester PRODUCER 0-10\n  recorder CONSUMER 20-30',
    'requester recorder 1',
  ],
  [
    'TestServiceGraphs_virtualNodes: a root server',
    'server SERVER 0-10',
    'user server 1',
    '',
    'one `user` for all who call from outside would be the largest service of all: it is an entry point instead',
  ],
  [
    'TestServiceGraphs_virtualNodes: a client of a named peer',
    'requester CLIENT 0-10 peer.service=external-payments-platform',
    'requester external-payments-platform 1',
  ],
  [
    'README: a server span whose parent is no client',
    'a INTERNAL 0-100\n  b SERVER 10-90',
    '',
    'a b 1',
    'the callee knows that it was called, and its parent by whom',
  ],
];

describe.each([
  ['Zipkin', ZIPKIN],
  ['Jaeger', JAEGER],
  ['Tempo', TEMPO],
] as const)('the cases of %s', (_, cases) => {
  it.each(cases.map((one) => ({ name: one[0], one })))('$name', ({ one: [, drawing, theirs, ours = theirs, why] }) => {
    expect(linksOf(drawing)).toEqual(ours === '' ? [] : ours.split(', ').sort());
    // A reason is owed exactly where the answers differ.
    expect(why !== undefined).toBe(ours !== theirs);
  });
});

/** Caller, callee, calls and failures: all that those linkers know. */
function linksOf(drawing: string): string[] {
  return edgesOf(observed(drawing)).map((edge) => {
    const [caller = '', , callee = '', , count = ''] = edge.split(' ');
    return `${caller} ${callee} ${count}`;
  });
}

import type { ResourceTable } from '../model/resource.ts';
import { CARD_STRENGTHS, SPAN_FLAG, SPAN_KIND } from '../model/span.ts';
import type { SpanDictionary, SpanTable } from '../model/span-table.ts';
import type { StringTable } from '../model/string-table.ts';
import type { ReusableSpanTree } from './build-span-tree.ts';
import { CALL, Calls, MODE } from './calls.ts';
import { Failures } from './failures.ts';
import { Nodes } from './nodes.ts';
import { Operations } from './operations.ts';
import { appOfSidecar, ProxySpans } from './proxy-spans.ts';
import { KEY, RowAttributes } from './row-attributes.ts';
import { SamplingWeights } from './sampling-weights.ts';
import { VirtualNodes } from './virtual-nodes.ts';

/** Bits of a span. */
export const SPAN = {
  failed: 1,
  /** The span under which its service worked waits for it. */
  awaited: 2,
  awaitedByRoot: 4,
  cardEvidence: 8,
  callsDatabase: 16,
  /** It, or the message span around it, names whose messages it got. */
  consumesByLink: 32,
} as const;

/**
 * Who called whom in one trace.
 *
 * The callee's side counts: each span whose parent belongs to another service is a call, and so is a SERVER or CONSUMER span
 * below a CLIENT or PRODUCER span of its own service. Under each such span, and under each root, its service works until the
 * next call: that is an *activation*.
 *
 * ```
 * SERVER checkout                      activation of checkout
 * └─ INTERNAL checkout
 *    └─ CLIENT checkout                the SDK's span: outermost, says what is called
 *       └─ CLIENT checkout             HTTP below it: innermost, knows the address
 *          └─ SERVER payments          activation of payments: checkout -> payments
 *             └─ CLIENT payments       nobody answers: payments -> database:ledger
 * ```
 *
 * Nested CLIENT spans are one logical call. A call that nobody answered leads to a virtual node, named by `VirtualNodes`.
 * Messages go through their destination: producer -> destination -> consumer; whose message it was is a `delivery`.
 */
export class DependencyFinder {
  readonly strings: StringTable;
  readonly resources: ResourceTable;
  readonly nodes: Nodes;
  readonly operations: Operations;
  readonly virtualNodes: VirtualNodes;
  readonly weights: SamplingWeights;
  readonly calls = new Calls();

  // By span of the tree.
  /** Node of the service. */
  services = new Int32Array(0);
  /** Span under which the service works. */
  activations = new Int32Array(0);
  /** `SPAN` bits. */
  bits = new Uint8Array(0);
  /** Kind, after looking at what the span does. */
  kinds = new Uint8Array(0);
  /** Outermost CLIENT or PRODUCER span of the logical call the span is part of, or -1. */
  outers = new Int32Array(0);
  /** Position of the span's root in `tree.roots`. */
  roots = new Int32Array(0);
  /** Valid for activations: what they do, and the call that led there, or -1. */
  activationOperations = new Int32Array(0);
  activationCalls = new Int32Array(0);
  /** Valid for outermost spans: the call they make, or -1; and the span that answered, or -1. */
  outerCalls = new Int32Array(0);
  answers = new Int32Array(0);

  /** Messages that came from a span of this trace: node numbers, three each: producer, consumer, destination. */
  deliveries: number[] = [];
  /** Spans that a consumer of another trace may name as the source of its message. */
  producers: number[] = [];
  /** Links of consumers to other traces, three numbers each: link of the table, consuming span, destination node or -1. */
  foreignLinks: number[] = [];
  /** `pci.scope` that spans claim for their service, two numbers each: node, string. */
  pciScopes: number[] = [];
  /** Calls of which nothing is known but that they were made. */
  unnamedCalleeCount = 0;

  readonly #failures: Failures;
  readonly #proxySpans: ProxySpans;
  /** Node by resource of a sidecar. */
  readonly #sidecars = new Map<number, number>();
  readonly #attributes = new RowAttributes();
  #tree!: ReusableSpanTree;
  /** By span: itself, or for a proxy the span in front of it. */
  #visible = new Int32Array(0);
  /** By outermost span: destination it writes to, or -1. By span that got messages, and below: destination it reads. */
  #writesTo = new Int32Array(0);
  #readsFrom = new Int32Array(0);
  #innermosts = new Int32Array(0);
  #addresses = new Int32Array(0);
  #outerSpans: number[] = [];
  readonly #links: { link: number; span: number; caller: number; destination: number }[] = [];
  readonly #messagingRoles = new Map<number, MessagingRole>();
  readonly #scratch = new RowAttributes();

  constructor(dictionary: SpanDictionary, proxies: Iterable<string> = []) {
    this.strings = dictionary.strings;
    this.resources = dictionary.resources;
    this.nodes = new Nodes(dictionary.resources, proxies);
    this.operations = new Operations(dictionary.strings);
    this.virtualNodes = new VirtualNodes(dictionary.strings, this.nodes);
    this.weights = new SamplingWeights(dictionary.strings);
    this.#failures = new Failures(dictionary.strings);
    this.#proxySpans = new ProxySpans(dictionary.strings);
  }

  find(tree: ReusableSpanTree, joined: Uint8Array): void {
    this.#tree = tree;
    this.#reserve(tree.count);
    this.calls.clear();
    this.#outerSpans.length = 0;
    this.#links.length = 0;
    this.deliveries.length = 0;
    this.producers.length = 0;
    this.foreignLinks.length = 0;
    this.pciScopes.length = 0;
    this.unnamedCalleeCount = 0;
    this.weights.begin(tree.count);
    this.#proxySpans.begin();
    let root = -1;
    for (let at = 0; at < tree.count; at++) {
      const span = tree.topDown[at]!;
      if (tree.parents[span]! < 0) root++;
      this.roots[span] = root;
      this.#visit(span, joined[span]!);
    }
    for (const { link, span, caller, destination } of this.#links) this.#resolveLink(link, span, caller, destination);
    for (const outer of this.#outerSpans) this.#callOut(outer);
  }

  /** Service and operation of any row, whether it became a span of the tree or not. */
  describe(table: SpanTable, row: number): { readonly service: number; readonly operation: number } {
    this.#scratch.load(table, row);
    return {
      service: this.#serviceOf(table, row, this.#scratch.valueIds),
      operation: this.operations.of(this.#scratch, table.names[row]!),
    };
  }

  #reserve(count: number): void {
    if (this.services.length >= count) return;
    const size = Math.max(64, count, Math.min(this.services.length * 2, 1 << 20));
    this.services = new Int32Array(size);
    this.activations = new Int32Array(size);
    this.bits = new Uint8Array(size);
    this.kinds = new Uint8Array(size);
    this.outers = new Int32Array(size);
    this.roots = new Int32Array(size);
    this.activationOperations = new Int32Array(size);
    this.activationCalls = new Int32Array(size);
    this.outerCalls = new Int32Array(size);
    this.answers = new Int32Array(size);
    this.#visible = new Int32Array(size);
    this.#writesTo = new Int32Array(size);
    this.#readsFrom = new Int32Array(size);
    this.#innermosts = new Int32Array(size);
    this.#addresses = new Int32Array(size);
  }

  #visit(span: number, isJoined: number): void {
    const { table } = this.#tree;
    const row = this.#tree.rows[span]!;
    const parent = this.#tree.parents[span]!;
    const attributes = this.#attributes;
    attributes.load(table, row);
    const { valueIds } = attributes;
    const kind = this.#kindOf(table.kinds[row]!, valueIds);
    const caller = parent < 0 ? -1 : this.#visible[parent]!;
    let service = this.#serviceOf(table, row, valueIds);
    // Only SERVER and CONSUMER spans begin a process: any other without a name is of its parent's.
    if (service === this.nodes.nameless && caller >= 0 && !isServerKind(kind)) service = this.services[caller]!;
    this.services[span] = service;
    if (valueIds[KEY.samplingThreshold] !== 0 || valueIds[KEY.samplerParam] !== 0) this.weights.note(span, valueIds);
    if (valueIds[KEY.pciScope] !== 0) this.pciScopes.push(service, valueIds[KEY.pciScope]!);
    this.kinds[span] = kind;
    this.#addresses[span] = -1;
    this.#readsFrom[span] = -1;

    let bits = this.#failures.isFailed(table.statuses[row]!, table.kinds[row]!, attributes) ? SPAN.failed : 0;
    const parentBits = parent < 0 ? SPAN.awaited | SPAN.awaitedByRoot : this.bits[parent]!;
    if (isJoined === 1) bits |= parentBits & (SPAN.awaited | SPAN.awaitedByRoot);
    if ((table.flags[row]! & SPAN_FLAG.hasCardEvidence) !== 0 && hasStrongEvidence(table, row))
      bits |= SPAN.cardEvidence;
    this.bits[span] = bits;

    this.#visible[span] = span;
    const isSpliced =
      this.nodes.isProxy[service] === 1 ||
      (valueIds[KEY.component] !== 0 && caller >= 0 && this.#proxySpans.isTransparent(this.#tree, span, caller));
    if (isSpliced && caller >= 0) {
      this.#visible[span] = caller;
      this.activations[span] = this.activations[caller]!;
      this.outers[span] = this.outers[caller]!;
    } else if (caller < 0) {
      this.#beginActivation(span, row);
      this.bits[span] |= SPAN.awaited;
      // Behind a proxy that nobody is seen to call, the next service is where requests come in.
      if (isSpliced) this.#visible[span] = -1;
      else this.#startRoot(span);
    } else if (service !== this.services[caller]! || (isServerKind(kind) && this.outers[caller]! >= 0)) {
      this.#beginActivation(span, row);
      this.#beCalled(span, caller);
      this.bits[span] |= SPAN.awaited;
    } else {
      this.#goOn(span, caller);
    }
  }

  #beginActivation(span: number, row: number): void {
    this.activations[span] = span;
    this.activationOperations[span] = this.operations.of(this.#attributes, this.#tree.table.names[row]!);
    this.activationCalls[span] = -1;
    if (isClientKind(this.kinds[span]!)) this.#beginLogicalCall(span);
    else this.outers[span] = -1;
  }

  #startRoot(span: number): void {
    const kind = this.kinds[span]!;
    if (kind === SPAN_KIND.consumer) {
      this.#consume(span, -1);
    } else if (kind === SPAN_KIND.server && this.#attributes.valueIds[KEY.peerService] !== 0) {
      // Only the callee sent a span, but it knows who called: Zipkin's remote endpoint of a server.
      const peerService = this.#attributes.valueIds[KEY.peerService]!;
      const peerNamespace = this.#attributes.valueIds[KEY.peerNamespace]!;
      const caller = this.nodes.service(
        this.strings.text(peerService),
        peerNamespace === 0 ? undefined : this.strings.text(peerNamespace),
      );
      if (caller === this.services[span]) return;
      const call = this.#addCall(caller, this.services[span]!, MODE.sync, span);
      this.calls.callerOperations[call] = this.operations.intern('');
      this.#beAnsweredBy(call, span);
      this.#setOutcome(call, span, -1, this.bits[span]! | SPAN.awaited);
    }
  }

  /** The span answers a call of `caller`, a span of another service or a CLIENT or PRODUCER span of its own. */
  #beCalled(span: number, caller: number): void {
    const outer = this.outers[caller]!;
    if (outer >= 0 && this.answers[outer]! < 0) this.answers[outer] = span;
    if (this.kinds[span] === SPAN_KIND.consumer && this.#consume(span, caller)) return;
    const row = this.#tree.rows[span]!;
    const isEvent =
      this.kinds[span] === SPAN_KIND.consumer ||
      (outer >= 0 && this.kinds[outer] === SPAN_KIND.producer) ||
      (this.#tree.table.flags[row]! & SPAN_FLAG.followsFrom) !== 0;
    const bits = this.bits[span]!;
    const mode = isEvent || (bits & SPAN.awaited) === 0 ? MODE.async : MODE.sync;
    const call = this.#addCall(this.services[caller]!, this.services[span]!, mode, outer >= 0 ? outer : span);
    this.#beMadeBy(call, this.activations[caller]!);
    this.#beAnsweredBy(call, span);
    this.calls.addresses[call] = mode === MODE.sync ? this.#addresses[caller]! + 1 : 0;
    this.#setOutcome(call, span, caller, bits);
  }

  /** Neither called nor root: part of what its activation does. */
  #goOn(span: number, caller: number): void {
    this.activations[span] = this.activations[caller]!;
    this.#readsFrom[span] = this.#readsFrom[caller]!;
    this.bits[span]! |= this.bits[caller]! & SPAN.consumesByLink;
    const kind = this.kinds[span]!;
    const outer = this.outers[caller]!;
    if (isClientKind(kind)) {
      if (outer < 0 || this.#isCallOfItsOwn(kind, outer)) this.#beginLogicalCall(span);
      else this.#continueLogicalCall(span, outer);
      return;
    }
    this.outers[span] = outer;
    if (kind === SPAN_KIND.consumer || this.#receives(span)) this.#consume(span, -1);
  }

  #beginLogicalCall(span: number): void {
    const kind = this.kinds[span]!;
    this.outers[span] = span;
    this.outerCalls[span] = -1;
    this.answers[span] = -1;
    this.#innermosts[span] = span;
    this.#outerSpans.push(span);
    if (this.#attributes.valueIds[KEY.dbSystem] !== 0) this.bits[span]! |= SPAN.callsDatabase;
    this.#writesTo[span] = this.virtualNodes.destination(this.#attributes, kind);
    this.#addresses[span] = this.virtualNodes.address(this.#attributes.valueIds);
    if (kind === SPAN_KIND.producer || this.#writesTo[span] >= 0) this.producers.push(span);
  }

  #continueLogicalCall(span: number, outer: number): void {
    this.outers[span] = outer;
    this.#innermosts[outer] = span;
    this.#addresses[span] = this.virtualNodes.address(this.#attributes.valueIds);
    if (this.#writesTo[outer]! < 0) {
      this.#writesTo[outer] = this.virtualNodes.destination(this.#attributes, this.kinds[span]!);
    }
    if (this.kinds[span] === SPAN_KIND.producer || this.#writesTo[outer]! >= 0) this.producers.push(span);
    this.bits[outer]! |= this.bits[span]! & SPAN.cardEvidence;
  }

  /** Some tracers leave a finished CLIENT span active, so that the next call seems to lie inside it. */
  #isCallOfItsOwn(kind: number, outer: number): boolean {
    const isNewToDatabase =
      this.#attributes.valueIds[KEY.dbSystem] !== 0 && (this.bits[outer]! & SPAN.callsDatabase) === 0;
    return isNewToDatabase || (kind === SPAN_KIND.producer && this.kinds[outer] !== SPAN_KIND.producer);
  }

  /**
   * The span took messages from a destination; `caller` is the span that sent the one it is a child of, or -1. False if no
   * destination is known on either side.
   */
  #consume(span: number, caller: number): boolean {
    const { table } = this.#tree;
    const row = this.#tree.rows[span]!;
    const service = this.services[span]!;
    const outer = caller < 0 ? -1 : this.outers[caller]!;
    let destination = this.virtualNodes.destination(this.#attributes, SPAN_KIND.consumer);
    if (destination < 0 && outer >= 0) destination = this.#writesTo[outer]!;
    // A `receive` span around a `process` span is the same message.
    const isNested = this.#readsFrom[span]! >= 0 && this.#readsFrom[span] === destination;
    this.#readsFrom[span] = destination;

    if (destination >= 0 && !isNested) {
      const call = this.#addCall(destination, service, MODE.async, span);
      this.calls.callerOperations[call] = this.operations.intern(this.nodes.get(destination).name);
      this.calls.calleeOperations[call] = this.operations.of(this.#attributes, table.names[row]!);
      this.calls.calleeSpans[call] = span + 1;
      if (this.activations[span] === span) this.activationCalls[span] = call;
      this.#setOutcome(call, span, -1, 0);
    }
    if (destination >= 0 && caller >= 0) {
      this.deliveries.push(this.services[caller]!, service, destination);
      if (outer < 0) this.#publishWithoutSpan(caller, destination, span);
      else if (this.#writesTo[outer]! < 0) this.#writesTo[outer] = destination;
    }
    const hasLinks = (table.flags[row]! & SPAN_FLAG.hasLinks) !== 0;
    if (hasLinks && (this.bits[span]! & SPAN.consumesByLink) === 0) {
      this.#takeLinks(span, row, caller, destination);
      this.bits[span]! |= SPAN.consumesByLink;
    }
    return destination >= 0;
  }

  /** A batch may name one message twice; it still is one. */
  #takeLinks(span: number, row: number, caller: number, destination: number): void {
    const { linkRows, linkIds, linkCount } = this.#tree.table;
    const seen = new Set<string>();
    for (let link = this.#tree.table.firstLink(row); link < linkCount && linkRows[link] === row; link++) {
      const target = linkIds.subarray(link * 6, link * 6 + 6).join(' ');
      if (!seen.has(target)) this.#links.push({ link, span, caller, destination });
      seen.add(target);
    }
  }

  /** The producer's own span is missing: its service still must have written to the destination. */
  #publishWithoutSpan(caller: number, destination: number, span: number): void {
    const call = this.#addCall(this.services[caller]!, destination, MODE.async, span);
    this.#beMadeBy(call, this.activations[caller]!);
    this.calls.calleeOperations[call] = this.operations.intern(this.nodes.get(destination).name);
    this.calls.durationUs[call] = 0;
    this.#setOutcome(call, -1, -1, 0);
  }

  /** Links name the messages a span got. They are looked up once all spans of the trace are known. */
  #resolveLink(link: number, span: number, caller: number, destination: number): void {
    const { linkIds } = this.#tree.table;
    const words = link * 6;
    if (!this.#isThisTrace(linkIds, words)) {
      this.foreignLinks.push(link, span, destination);
      return;
    }
    const producer = this.#tree.nodeOf(linkIds[words + 4]!, linkIds[words + 5]!);
    // Its parent was counted already, and a link to a span of its own work is no message.
    if (producer < 0 || producer === caller || this.activations[producer] === this.activations[span]) return;
    const service = this.services[span]!;
    if (destination >= 0) {
      this.deliveries.push(this.services[producer]!, service, destination);
      return;
    }
    const call = this.#addCall(this.services[producer]!, service, MODE.async, span);
    this.#beMadeBy(call, this.activations[producer]!);
    this.calls.calleeSpans[call] = span + 1;
    this.calls.calleeOperations[call] = this.activationOperations[this.activations[span]!]!;
    this.#setOutcome(call, span, -1, 0);
    this.calls.bits[call]! |= CALL.byLink;
  }

  #isThisTrace(linkIds: Uint32Array, words: number): boolean {
    const { traceIds } = this.#tree.table;
    const at = this.#tree.rows[0]! * 4;
    if (linkIds[words + 3] !== traceIds[at + 3] || linkIds[words + 2] !== traceIds[at + 2]) return false;
    const isShort =
      (linkIds[words] === 0 && linkIds[words + 1] === 0) || (traceIds[at] === 0 && traceIds[at + 1] === 0);
    return isShort || (linkIds[words + 1] === traceIds[at + 1] && linkIds[words] === traceIds[at]);
  }

  /** The call an outermost CLIENT or PRODUCER span makes, once it is known whether anybody answered. */
  #callOut(outer: number): void {
    const answer = this.answers[outer]!;
    const destination = this.#writesTo[outer]!;
    if (destination < 0 && answer >= 0) {
      this.outerCalls[outer] = this.activationCalls[answer]!;
      return;
    }
    const { table, rows } = this.#tree;
    const attributes = this.#attributes;
    this.#loadLogicalCall(outer);
    const callee = destination >= 0 ? destination : this.virtualNodes.callee(attributes);
    if (callee < 0) this.unnamedCalleeCount++;
    if (callee < 0 || callee === this.services[outer]) return;
    const bits = this.bits[outer]!;
    const isAwaited = (bits & SPAN.awaited) !== 0;
    const mode = MODE[this.virtualNodes.mode(callee)];
    const isEvent = !isAwaited || this.kinds[outer] === SPAN_KIND.producer;
    const call = this.#addCall(this.services[outer]!, callee, mode === MODE.sync && isEvent ? MODE.async : mode, outer);
    this.outerCalls[outer] = call;
    this.#beMadeBy(call, this.activations[outer]!);
    this.calls.calleeOperations[call] = this.operations.of(attributes, table.names[rows[outer]!]!);
    this.#setOutcome(call, -1, outer, bits);
  }

  /** Attributes of a logical call: the outermost span says what it means, the innermost knows the address. */
  #loadLogicalCall(outer: number): void {
    const { table, rows } = this.#tree;
    const attributes = this.#attributes;
    const innermost = this.#innermosts[outer]!;
    attributes.load(table, rows[outer]!);
    if (innermost === outer) return;
    attributes.add(table, rows[innermost]!);
    if (table.attributeId(rows[innermost]!, KEY.serverAddress) === 0) return;
    for (const key of ADDRESS_KEYS) attributes.replace(key, table.attributeId(rows[innermost]!, key));
  }

  #addCall(caller: number, callee: number, mode: number, span: number): number {
    const { calls } = this;
    const call = calls.add();
    calls.callers[call] = caller;
    calls.callees[call] = callee;
    calls.modes[call] = mode;
    calls.spans[call] = span;
    calls.startUs[call] = this.#tree.startUs[span]!;
    calls.durationUs[call] = this.#tree.endUs[span]! - this.#tree.startUs[span]!;
    calls.calleeSpans[call] = 0;
    calls.callerActivations[call] = 0;
    calls.addresses[call] = 0;
    return call;
  }

  #beMadeBy(call: number, activation: number): void {
    this.calls.callerActivations[call] = activation + 1;
    this.calls.callerOperations[call] = this.activationOperations[activation]!;
  }

  #beAnsweredBy(call: number, span: number): void {
    this.calls.calleeSpans[call] = span + 1;
    this.calls.calleeOperations[call] = this.activationOperations[span]!;
    this.calls.startUs[call] = this.#tree.startUs[span]!;
    this.calls.durationUs[call] = this.#tree.endUs[span]! - this.#tree.startUs[span]!;
    this.activationCalls[span] = call;
  }

  /** `callee` and `caller` are the spans next to each other on both sides, -1 where there is none. */
  #setOutcome(call: number, callee: number, caller: number, spanBits: number): void {
    let calleeBits = callee < 0 ? 0 : this.bits[callee]!;
    // Where a CLIENT span is all that the callee sent, its failure is that of the call it makes itself.
    if (callee >= 0 && isClientKind(this.kinds[callee]!)) calleeBits &= ~SPAN.failed;
    const callerBits = caller < 0 || !isClientKind(this.kinds[caller]!) ? 0 : this.bits[caller]!;
    const outer = caller < 0 ? -1 : this.outers[caller]!;
    const outcomeBits = outer < 0 ? calleeBits : this.bits[outer]!;
    let bits = 0;
    if (((calleeBits | callerBits) & SPAN.failed) !== 0) bits |= CALL.failed;
    if ((outcomeBits & SPAN.failed) !== 0) {
      bits |= CALL.outcomeFailed;
      if (outer >= 0 && this.#isCallersFault(outer)) bits |= CALL.callersFault;
    }
    if (((calleeBits | callerBits | (outer < 0 ? 0 : outcomeBits)) & SPAN.cardEvidence) !== 0)
      bits |= CALL.cardEvidence;
    if ((spanBits & SPAN.awaited) !== 0) bits |= CALL.awaited;
    if ((spanBits & SPAN.awaitedByRoot) !== 0) bits |= CALL.awaitedByRoot;
    this.calls.bits[call] = bits;
  }

  #isCallersFault(outer: number): boolean {
    this.#scratch.load(this.#tree.table, this.#tree.rows[outer]!);
    return this.#failures.isCallersFault(this.#scratch);
  }

  #kindOf(kind: number, valueIds: Uint32Array): number {
    if (kind === SPAN_KIND.client) {
      // Fetching messages looks like a call, but it is the way in which messages reach a consumer.
      const type = valueIds[KEY.messagingOperation]!;
      return type !== 0 && this.#messagingRole(type) !== 'call' ? SPAN_KIND.internal : kind;
    }
    if (kind !== SPAN_KIND.unspecified) return kind;
    const speaksOfPeer = valueIds[KEY.peerService] !== 0 || valueIds[KEY.dbSystem] !== 0;
    return speaksOfPeer ? SPAN_KIND.client : kind;
  }

  #receives(span: number): boolean {
    const type = this.#attributes.valueIds[KEY.messagingOperation]!;
    const wasClient = this.#tree.table.kinds[this.#tree.rows[span]!] === SPAN_KIND.client;
    return type !== 0 && wasClient && this.#messagingRole(type) === 'receive';
  }

  #messagingRole(type: number): MessagingRole {
    let role = this.#messagingRoles.get(type);
    if (role === undefined) {
      role = MESSAGING_ROLES.get(this.strings.text(type).toLowerCase()) ?? 'call';
      this.#messagingRoles.set(type, role);
    }
    return role;
  }

  #serviceOf(table: SpanTable, row: number, valueIds: Uint32Array): number {
    const canonical = valueIds[KEY.canonicalService]!;
    // Istio's sidecars name themselves `reviews.default`, but say for which service they stand.
    if (canonical !== 0) return this.nodes.service(this.strings.text(canonical));
    const resource = table.resources[row]!;
    return this.#proxySpans.isProxy(valueIds[KEY.component]!)
      ? this.#sidecar(resource)
      : this.nodes.ofResource(resource);
  }

  /** Sidecars of Istio before 1.6 have nothing but that name. */
  #sidecar(resource: number): number {
    let node = this.#sidecars.get(resource);
    if (node === undefined) {
      const app = appOfSidecar(this.resources.get(resource).service);
      node = app === undefined ? this.nodes.ofResource(resource) : this.nodes.service(app);
      this.#sidecars.set(resource, node);
    }
    return node;
  }
}

type MessagingRole = 'call' | 'receive' | 'settle';

const MESSAGING_ROLES: ReadonlyMap<string, MessagingRole> = new Map([
  ['receive', 'receive'],
  ['poll', 'receive'],
  ['process', 'receive'],
  ['deliver', 'receive'],
  ['settle', 'settle'],
  ['ack', 'settle'],
  ['nack', 'settle'],
  ['commit', 'settle'],
]);

const ADDRESS_KEYS: readonly number[] = [KEY.serverAddress, KEY.serverPort, KEY.networkPeer];

function isClientKind(kind: number): boolean {
  return kind === SPAN_KIND.client || kind === SPAN_KIND.producer;
}

function isServerKind(kind: number): boolean {
  return kind === SPAN_KIND.server || kind === SPAN_KIND.consumer;
}

function hasStrongEvidence(table: SpanTable, row: number): boolean {
  for (let at = table.firstEvidence(row); at < table.evidenceCount && table.evidenceRows[at] === row; at++) {
    const strength = CARD_STRENGTHS[table.evidenceKinds[at]! & 15]!;
    if (strength === 'strong' || strength === 'authentication') return true;
  }
  return false;
}

import type { StringTable } from '../model/string-table.ts';
import type { SpanTree } from './span-tree.ts';
import { KEY } from './row-attributes.ts';

/**
 * Spans that Envoy made (`component=proxy`). A proxy says for whom it stands by `istio.canonical_service`, or by its own
 * service name, which Istio makes of app and namespace: `reviews.default`. One that stands for nobody and has an application
 * both in front of it and behind it is transparent: in front calls what is behind. Where a mesh is all there is, the proxies
 * are the services.
 */
export class ProxySpans {
  readonly #strings: StringTable;
  /** Whether a value of `component` is the proxy's, by string id. */
  readonly #isProxyComponent = new Map<number, boolean>();
  #tree: SpanTree | undefined;
  /** By span: 1 if below it, past other such proxies, an application answered. */
  #leadsToApplication = new Uint8Array(0);

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  /** Forgets the trace before: its tree may be built in the same columns. */
  begin(): void {
    this.#tree = undefined;
  }

  isProxy(component: number): boolean {
    if (component === 0) return false;
    let isProxy = this.#isProxyComponent.get(component);
    if (isProxy === undefined) {
      isProxy = this.#strings.text(component) === 'proxy';
      this.#isProxyComponent.set(component, isProxy);
    }
    return isProxy;
  }

  /** Whether the proxy span lies between applications; `caller` is the span in front of it that is left. */
  isTransparent(tree: SpanTree, span: number, caller: number): boolean {
    if (!this.#standsForNobody(tree, span) || this.#standsForNobody(tree, caller)) return false;
    if (this.#tree !== tree) this.#lookDown(tree);
    return this.#leadsToApplication[span] === 1;
  }

  #standsForNobody({ table, rows }: SpanTree, span: number): boolean {
    const row = rows[span]!;
    return this.isProxy(table.attributeId(row, KEY.component)) && table.attributeId(row, KEY.canonicalService) === 0;
  }

  /** Bottom up, once for a trace with such proxies. */
  #lookDown(tree: SpanTree): void {
    this.#tree = tree;
    const { table, rows, parents, topDown, count } = tree;
    if (this.#leadsToApplication.length < count) this.#leadsToApplication = new Uint8Array(count * 2);
    const leads = this.#leadsToApplication.fill(0, 0, count);
    for (let at = count - 1; at >= 0; at--) {
      const span = topDown[at]!;
      const parent = parents[span]!;
      if (parent < 0 || !this.#standsForNobody(tree, parent)) continue;
      const isApplication =
        !this.#standsForNobody(tree, span) &&
        table.resource(rows[span]!).service !== table.resource(rows[parent]!).service;
      if (isApplication || leads[span] === 1) leads[parent] = 1;
    }
  }
}

/** The app of a sidecar that Istio named `app.namespace`, both DNS labels; undefined for any other name. */
export function appOfSidecar(service: string): string | undefined {
  return /^([a-z\d](?:[a-z\d-]*[a-z\d])?)\.[a-z\d](?:[a-z\d-]*[a-z\d])?$/.exec(service)?.[1];
}

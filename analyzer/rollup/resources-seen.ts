import type { Resource, ResourceTable } from '../model/resource.ts';
import type { Nodes } from '../trace/nodes.ts';
import { Figures, seenIn, widen } from './figures.ts';
import { seenValueIn } from './merge-rollups.ts';
import type { Rollup } from './rollup.ts';
import { DIMENSIONS } from './rollup-format.ts';

/**
 * How many spans each resource sent, and when: services have far fewer resources than spans, so versions, regions and the
 * like are counted by resource and named in the end.
 */
export class ResourcesSeen {
  readonly #figures = new Figures(RESOURCE.width);
  /** Numbers of region and cluster by resource, 0 where it names none; then those of the next. */
  #places = new Int32Array(0);
  #placedCount = 0;
  readonly #placeNumbers = new Map<string, number>();

  /** Makes room for all resources of a table. */
  reserve(resources: ResourceTable): void {
    if (resources.size > 0) this.#figures.at(resources.size - 1);
  }

  /** `startUs` is undefined for a span without times. */
  add(resource: number, startUs: number | undefined): void {
    const { values } = this.#figures;
    const at = resource * RESOURCE.width;
    values[at]!++;
    if (startUs !== undefined) widen(values, at + RESOURCE.firstSeenUs, startUs);
  }

  /**
   * Whether two resources lie in different regions, or, where one of them names no region, in different clusters. False
   * where they name nothing that could be compared: two zones may well be of one region.
   */
  isAcrossRegions(resources: ResourceTable, resource: number, other: number): boolean {
    if (resource === other) return false;
    if (this.#placedCount < resources.size) this.#placeAll(resources);
    for (let place = 0; place < PLACES.length; place++) {
      const own = this.#places[resource * PLACES.length + place]!;
      const others = this.#places[other * PLACES.length + place]!;
      if (own !== 0 && others !== 0) return own !== others;
    }
    return false;
  }

  /** Writes what resources say of their nodes, which the rollup knows already. */
  writeTo(rollup: Rollup, nodes: Nodes, resources: ResourceTable): void {
    this.reserve(resources);
    const { values } = this.#figures;
    for (let id = 0; id < resources.size; id++) {
      const at = id * RESOURCE.width;
      const spanCount = values[at]!;
      if (spanCount === 0) continue;
      const resource = resources.get(id);
      const { environment, criticality, pciScope } = resource;
      if (environment !== undefined) rollup.environments.add(environment);
      const node = rollup.nodes.get(nodes.get(nodes.ofResource(id)).id);
      if (node === undefined) continue;
      if (criticality !== undefined) node.criticalities.add(criticality);
      if (pciScope !== undefined) node.pciScopes.add(pciScope);
      const [firstSeenUs, lastSeenUs] = seenIn(values, at + RESOURCE.firstSeenUs);
      for (const dimension of DIMENSIONS) {
        const value = resource[dimension];
        if (value === undefined) continue;
        const seen = seenValueIn(node, { dimension, value });
        seen.spanCount += spanCount;
        seen.firstSeenUs = Math.min(seen.firstSeenUs, firstSeenUs);
        seen.lastSeenUs = Math.max(seen.lastSeenUs, lastSeenUs);
      }
    }
  }

  #placeAll(resources: ResourceTable): void {
    if (this.#places.length < resources.size * PLACES.length) {
      const longer = new Int32Array(resources.size * 2 * PLACES.length);
      longer.set(this.#places);
      this.#places = longer;
    }
    for (; this.#placedCount < resources.size; this.#placedCount++) {
      const resource = resources.get(this.#placedCount);
      for (const [place, field] of PLACES.entries()) {
        this.#places[this.#placedCount * PLACES.length + place] = this.#placeNumber(resource[field]);
      }
    }
  }

  #placeNumber(name: string | undefined): number {
    if (name === undefined) return 0;
    const number = this.#placeNumbers.get(name) ?? this.#placeNumbers.size + 1;
    this.#placeNumbers.set(name, number);
    return number;
  }
}

const RESOURCE = { spanCount: 0, firstSeenUs: 1, width: 3 } as const;

/** What tells data centres apart, the surest first. */
const PLACES = ['region', 'cluster'] as const satisfies readonly (keyof Resource)[];

import type { Arrangement, Grid, Place, Territory, TerritoryNode } from './arrangement.ts';
import { metricsOf, placeBox, territoryBox } from './arrangement.ts';
import { boundsOf, grown, overlaps } from './geometry.ts';

/**
 * Keeps every known place and gives new services free ones: first a free cell of their territory, then a cell the
 * territory can grow into without touching another, then a new island. Nothing known ever moves.
 */
export function settle(
  previous: Arrangement,
  nodes: readonly TerritoryNode[],
  level: Int32Array,
  neighbours: readonly (readonly number[])[],
): Arrangement {
  const newcomers = nodes.map((_, index) => index).filter((index) => !previous.places.has(nodes[index]!.id));
  if (newcomers.length === 0) return previous;
  newcomers.sort((a, b) => level[a]! - level[b]! || a - b);
  const ground = new Ground(previous);
  for (const node of newcomers) {
    const { id, group } = nodes[node]!;
    const known = neighbours[node]!.map((other) => nodes[other]!.id);
    ground.add(id, group, known);
  }
  return ground.arrangement();
}

/** The map while newcomers settle. */
class Ground {
  readonly #grid: Grid;
  readonly #territories: Map<string, Territory>;
  readonly #places: Map<string, Place>;
  readonly #cells = new Map<string, Map<number, number[]>>();

  constructor(previous: Arrangement) {
    this.#grid = { density: previous.density, boxWidth: previous.boxWidth };
    this.#territories = new Map(previous.territories.map((territory) => [territory.key, territory]));
    this.#places = new Map(previous.places);
    for (const place of previous.places.values()) this.#occupy(place);
  }

  add(id: string, group: string, neighbourIds: readonly string[]): void {
    const islands = [...this.#territories.values()].filter((territory) => territory.name === group);
    const wish = this.#wish(neighbourIds);
    for (const island of islands) {
      const free = this.#freeCell(island, wish);
      if (free !== undefined) {
        this.#put(id, free);
        return;
      }
    }
    for (const island of islands) {
      const larger = this.#enlarged(island);
      if (larger === undefined) continue;
      this.#territories.set(larger.key, larger);
      this.#put(id, this.#freeCell(larger, wish)!);
      return;
    }
    const island = this.#newIsland(group, islands.length);
    this.#territories.set(island.key, island);
    this.#put(id, { territory: island.key, column: 0, row: 0 });
  }

  arrangement(): Arrangement {
    return {
      ...this.#grid,
      territories: [...this.#territories.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
      places: new Map([...this.#places].sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  }

  #put(id: string, place: Place): void {
    this.#places.set(id, place);
    this.#occupy(place);
  }

  #occupy(place: Place): void {
    const rows = this.#cells.get(place.territory) ?? new Map<number, number[]>();
    this.#cells.set(place.territory, rows);
    rows.set(place.row, [...(rows.get(place.row) ?? []), place.column]);
  }

  /** Mean position of the known neighbours, in pixels; undefined where none is known. */
  #wish(neighbourIds: readonly string[]): { x: number; y: number } | undefined {
    let x = 0;
    let y = 0;
    let count = 0;
    for (const id of neighbourIds) {
      const place = this.#places.get(id);
      if (place === undefined) continue;
      const box = placeBox(this.#territories.get(place.territory)!, place, this.#grid);
      x += box.x;
      y += box.y;
      count++;
    }
    return count === 0 ? undefined : { x: x / count, y: y / count };
  }

  #freeCell(island: Territory, wish: { x: number; y: number } | undefined): Place | undefined {
    let best: { place: Place; distance: number } | undefined;
    for (let row = 0; row < island.rows; row++) {
      const taken = this.#cells.get(island.key)?.get(row) ?? [];
      for (let column = 0; column <= island.columns - 1; column += 0.5) {
        if (taken.some((other) => Math.abs(other - column) < 1)) continue;
        const place = { territory: island.key, column, row };
        const box = placeBox(island, place, this.#grid);
        const distance = wish === undefined ? column : Math.abs(box.x - wish.x) + Math.abs(box.y - wish.y);
        if (best === undefined || distance < best.distance) best = { place, distance };
      }
    }
    return best?.place;
  }

  /** One column or one row larger, whichever keeps it the more compact and is free ground. */
  #enlarged(island: Territory): Territory | undefined {
    const wider = { ...island, columns: island.columns + 1 };
    const higher = { ...island, rows: island.rows + 1 };
    const { width, height } = territoryBox(island, this.#grid);
    const choices = width > height * 1.6 ? [higher, wider] : [wider, higher];
    return choices.find((choice) => this.#isFree(choice));
  }

  #isFree(territory: Territory): boolean {
    const { territoryGap } = metricsOf(this.#grid);
    const box = grown(territoryBox(territory, this.#grid), territoryGap / 2 - 1);
    for (const other of this.#territories.values())
      if (other.key !== territory.key && overlaps(box, territoryBox(other, this.#grid))) return false;
    return true;
  }

  /** The first free ground beside a territory within today's width, else below everything. */
  #newIsland(name: string, islandCount: number): Territory {
    const { territoryGap } = metricsOf(this.#grid);
    const areas = [...this.#territories.values()].map((territory) => territoryBox(territory, this.#grid));
    const bounds = boundsOf(areas)!;
    const island = {
      key: islandCount === 0 ? name : `${name}#${islandCount + 1}`,
      name,
      x: 0,
      y: 0,
      columns: 1,
      rows: 1,
    };
    const candidates = areas
      .map((area) => ({ ...island, x: area.x + area.width + territoryGap, y: area.y }))
      .filter((candidate) => candidate.x + territoryBox(candidate, this.#grid).width <= bounds.x + bounds.width)
      .sort((a, b) => a.y - b.y || a.x - b.x);
    const below = { ...island, x: bounds.x, y: bounds.y + bounds.height + territoryGap };
    return candidates.find((candidate) => this.#isFree(candidate)) ?? below;
  }
}

/** Share of today's services that came after the arrangement was made: above one half it is worth a new one. */
export function newcomerShare(previous: Arrangement, ids: readonly string[]): number {
  const fresh = ids.filter((id) => !previous.places.has(id)).length;
  return ids.length === 0 ? 0 : fresh / ids.length;
}

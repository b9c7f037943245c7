/**
 * All nodes, greatest rank first, equal ranks by smaller node. Ranks live in the given column: change one, then `move` its node.
 */
export class RankedHeap {
  readonly #rankOfNode: Float64Array;
  readonly #nodes: Int32Array;
  readonly #placeOfNode: Int32Array;
  #size: number;

  constructor(rankOfNode: Float64Array) {
    this.#rankOfNode = rankOfNode;
    this.#size = rankOfNode.length;
    this.#nodes = Int32Array.from({ length: this.#size }, (_, node) => node);
    this.#placeOfNode = this.#nodes.slice();
    for (let place = (this.#size >> 1) - 1; place >= 0; place--) this.#sink(place);
  }

  get size(): number {
    return this.#size;
  }

  /** The node of greatest rank; the heap must not be empty. */
  first(): number {
    return this.#nodes[0]!;
  }

  move(node: number): void {
    this.#rise(this.#placeOfNode[node]!);
    this.#sink(this.#placeOfNode[node]!);
  }

  remove(node: number): void {
    const place = this.#placeOfNode[node]!;
    const last = this.#nodes[--this.#size]!;
    if (last === node) return;
    this.#put(last, place);
    this.move(last);
  }

  #rise(from: number): void {
    const node = this.#nodes[from]!;
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(node, this.#nodes[parent]!)) break;
      this.#put(this.#nodes[parent]!, place);
      place = parent;
    }
    this.#put(node, place);
  }

  #sink(from: number): void {
    const node = this.#nodes[from]!;
    let place = from;
    while (true) {
      let child = 2 * place + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#isBefore(this.#nodes[child + 1]!, this.#nodes[child]!)) child++;
      if (!this.#isBefore(this.#nodes[child]!, node)) break;
      this.#put(this.#nodes[child]!, place);
      place = child;
    }
    this.#put(node, place);
  }

  #put(node: number, place: number): void {
    this.#nodes[place] = node;
    this.#placeOfNode[node] = place;
  }

  #isBefore(one: number, two: number): boolean {
    const difference = this.#rankOfNode[one]! - this.#rankOfNode[two]!;
    return difference > 0 || (difference === 0 && one < two);
  }
}

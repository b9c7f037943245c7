/** A binary heap of node lists, smallest first node out first. No two lists share a node, so there are no ties. */
export class NodeHeap {
  readonly #lists: Int32Array[] = [];

  push(list: Int32Array): void {
    const lists = this.#lists;
    let place = lists.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (lists[parent]![0]! < list[0]!) break;
      lists[place] = lists[parent]!;
      place = parent;
    }
    lists[place] = list;
  }

  pop(): Int32Array | undefined {
    const lists = this.#lists;
    const first = lists[0];
    const last = lists.pop();
    if (last === undefined || lists.length === 0) return first;
    let place = 0;
    while (true) {
      let child = 2 * place + 1;
      if (child >= lists.length) break;
      if (child + 1 < lists.length && lists[child + 1]![0]! < lists[child]![0]!) child++;
      if (last[0]! < lists[child]![0]!) break;
      lists[place] = lists[child]!;
      place = child;
    }
    lists[place] = last;
    return first;
  }
}

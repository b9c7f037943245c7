/**
 * Facts by a number that names them, made to be asked for again and again in nearly the same order, as stored minutes list
 * them: what came next the last time is tried first, which costs neither a hash nor a look-up.
 */
export class Recall<T> {
  readonly #byKey = new Map<number, Known<T>>();
  readonly #head: { next: Known<T> | undefined } = { next: undefined };
  #last = this.#head;

  /** Begins the order anew. */
  rewind(): void {
    this.#last = this.#head;
  }

  find(key: number): T | undefined {
    let known = this.#last.next;
    if (known?.key !== key) {
      known = this.#byKey.get(key);
      if (known === undefined) return undefined;
      this.#last.next = known;
    }
    this.#last = known;
    return known.fact;
  }

  add(key: number, fact: T): T {
    const known: Known<T> = { key, fact, next: undefined };
    this.#byKey.set(key, known);
    this.#last.next = known;
    this.#last = known;
    return fact;
  }
}

interface Known<T> {
  readonly key: number;
  readonly fact: T;
  next: Known<T> | undefined;
}

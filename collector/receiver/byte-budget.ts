import { comeBackLater } from './refusal.ts';

/** Bytes of all requests under way, bounded: beyond it senders are asked to come back before anything is read. */
export class ByteBudget {
  readonly #byteLimit: number;
  #byteCount = 0;

  constructor(byteLimit: number) {
    this.#byteLimit = byteLimit;
  }

  reserve(): Reservation {
    let reserved = 0;
    return {
      grow: (byteCount) => {
        if (this.#byteCount + byteCount > this.#byteLimit) throw comeBackLater('too many requests are under way');
        this.#byteCount += byteCount;
        reserved += byteCount;
      },
      release: () => {
        this.#byteCount -= reserved;
        reserved = 0;
      },
    };
  }
}

export interface Reservation {
  /** Throws a `Refusal` if the budget has no room for so many more bytes. */
  grow(byteCount: number): void;
  release(): void;
}

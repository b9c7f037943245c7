import { Presets, SingleBar } from 'cli-progress';

const MEGABYTE = 1e6;

/** A bar on a terminal, silence in a pipe: first what is read, how fast, and how long it will take, then what is analyzed. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #startedMs = performance.now();
  #bar: SingleBar | undefined;
  #phase: keyof typeof FORMATS | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** `totalBytes` is undefined for what does not say how much is to come. */
  read(bytesRead: number, totalBytes: number | undefined, spanCount: number): void {
    const seconds = Math.max((performance.now() - this.#startedMs) / 1000, 0.001);
    this.#show(totalBytes === undefined ? 'reading a pipe' : 'reading', bytesRead, totalBytes ?? bytesRead, {
      megabytes: Math.round(bytesRead / MEGABYTE).toLocaleString('en'),
      rate: (bytesRead / MEGABYTE / seconds).toFixed(1),
      spans: spanCount.toLocaleString('en'),
    });
  }

  analyzed(spanCount: number, totalSpanCount: number): void {
    this.#show('analyzing', spanCount, totalSpanCount, { spans: spanCount.toLocaleString('en') });
  }

  done(): void {
    this.#bar?.stop();
    this.#bar = this.#phase = undefined;
  }

  #show(phase: keyof typeof FORMATS, value: number, total: number, payload: object): void {
    if (!this.#stream.isTTY) return;
    if (phase !== this.#phase) {
      this.done();
      this.#phase = phase;
      this.#bar = new SingleBar(
        { stream: this.#stream, format: FORMATS[phase], hideCursor: true, clearOnComplete: true, barsize: 24 },
        Presets.shades_classic,
      );
      this.#bar.start(Math.max(total, 1), value, payload);
    }
    this.#bar?.setTotal(Math.max(total, 1));
    this.#bar?.update(Math.min(value, total), payload);
  }
}

const FORMATS = {
  reading: 'reading {bar} {percentage} % · {rate} MB/s · {spans} spans · {eta_formatted} left',
  // A pipe does not say how much is to come.
  'reading a pipe': 'reading {megabytes} MB · {rate} MB/s · {spans} spans',
  analyzing: 'analyzing {bar} {percentage} % · {spans} spans · {eta_formatted} left',
} as const;

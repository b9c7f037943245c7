import { Presets, SingleBar } from 'cli-progress';

import type { SourceProgress } from '../collector/source/index.ts';

/** A bar on a terminal, silence in a pipe: what is read, how much of it, and the rate. */
export class ReadingProgress {
  readonly #bar: SingleBar | undefined;
  readonly #startedMs = performance.now();

  constructor(stream: NodeJS.WriteStream) {
    if (!stream.isTTY) return;
    const format = 'reading {bar} {percentage} % · {spans} spans · {rate} spans/s · {eta_formatted} left';
    this.#bar = new SingleBar(
      { stream, format, hideCursor: true, clearOnComplete: true, barsize: 24 },
      Presets.shades_classic,
    );
  }

  update({ bytesRead, totalBytes, spanCount }: SourceProgress): void {
    const bar = this.#bar;
    if (bar === undefined) return;
    const total = Math.max(totalBytes ?? bytesRead, 1);
    const seconds = Math.max((performance.now() - this.#startedMs) / 1000, 0.001);
    const payload = {
      spans: spanCount.toLocaleString('en'),
      rate: Math.round(spanCount / seconds).toLocaleString('en'),
    };
    if (!bar.isActive) bar.start(total, 0, payload);
    bar.setTotal(total);
    bar.update(Math.min(bytesRead, total), payload);
  }

  done(): void {
    this.#bar?.stop();
  }
}

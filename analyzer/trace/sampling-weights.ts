import { samplerWeight, thresholdWeight, WEIGHT_ONE } from '../model/sampling-weight.ts';
import type { StringTable } from '../model/string-table.ts';
import { PairCache } from './operations.ts';
import { KEY } from './row-attributes.ts';

/**
 * For how many spans each span of a trace stands, where sampling kept a part of them and the spans say which. A weight is the
 * adjusted count of OpenTelemetry's probability sampling: one over the probability with which the span was kept.
 *
 * - `th`, the threshold in `tracestate`, speaks for its span: 2^56 / (2^56 - T).
 * - Jaeger's `sampler.type` and `sampler.param` speak for their whole trace, whose fate its first span decided.
 * - A span that says nothing stands for itself.
 */
export class SamplingWeights {
  /** Whether any span of the trace says how it was sampled. */
  isKnown = false;
  readonly #strings: StringTable;
  /** By span; 0 where it says nothing itself. */
  #ofSpan = new Float64Array(0);
  #noted: number[] = [];
  #ofTrace = 0;
  /** By string id. */
  readonly #ofThreshold = new Map<number, number>();
  readonly #ofSampler = new PairCache();

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  /** Forgets the trace before, and makes room for `count` spans. */
  begin(count: number): void {
    if (this.isKnown) for (const span of this.#noted) this.#ofSpan[span] = 0;
    this.#noted.length = 0;
    this.isKnown = false;
    this.#ofTrace = 0;
    if (this.#ofSpan.length < count) this.#ofSpan = new Float64Array(count * 2);
  }

  /** Takes what the attributes of a span say. */
  note(span: number, valueIds: Uint32Array): void {
    const threshold = valueIds[KEY.samplingThreshold]!;
    const weight = threshold === 0 ? 0 : this.#thresholdWeight(threshold);
    if (weight > 0) {
      this.isKnown = true;
      this.#ofSpan[span] = weight;
      this.#noted.push(span);
    }
    const [type, param] = [valueIds[KEY.samplerType]!, valueIds[KEY.samplerParam]!];
    const sampler = type === 0 || param === 0 ? 0 : this.#samplerWeight(type, param);
    if (sampler > 0) {
      this.isKnown = true;
      this.#ofTrace = Math.max(this.#ofTrace, sampler);
    }
  }

  of(span: number): number {
    return this.isKnown ? this.#ofSpan[span]! || this.#ofTrace || WEIGHT_ONE : WEIGHT_ONE;
  }

  #thresholdWeight(threshold: number): number {
    let weight = this.#ofThreshold.get(threshold);
    if (weight === undefined) {
      weight = thresholdWeight(this.#strings.text(threshold));
      this.#ofThreshold.set(threshold, weight);
    }
    return weight;
  }

  #samplerWeight(type: number, param: number): number {
    return (
      this.#ofSampler.get(type, param) ??
      this.#ofSampler.set(type, param, samplerWeight(this.#strings.text(type), this.#strings.text(param)))
    );
  }
}

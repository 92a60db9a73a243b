// Pixels kept in memory between epochs, within a bound.
import type { SamplePixels } from './sample.ts';

const bytesOf = ({ image, mask }: SamplePixels) => image.data.length + mask.data.length;

/** The samples read last, up to a number of bytes; 798 images at 224 pixels take 160 MB. */
export class SampleCache {
  readonly #samples = new Map<string, SamplePixels>();
  readonly #maximum: number;
  #bytes = 0;

  constructor(maximumBytes: number) {
    this.#maximum = maximumBytes;
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): SamplePixels | undefined {
    return this.#samples.get(key);
  }

  /**
   * Keeps a sample if there is room. What is kept stays: epochs visit every sample once, in another order each time,
   * and there throwing the oldest out for the newest would throw out what comes next.
   */
  keep(key: string, sample: SamplePixels): void {
    const bytes = bytesOf(sample);
    if (this.#samples.has(key) || this.#bytes + bytes > this.#maximum) return;
    this.#samples.set(key, sample);
    this.#bytes += bytes;
  }
}

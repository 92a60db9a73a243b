// Reliability: how often foreground occurs at each predicted probability.

export interface ReliabilityBin {
  /** Mean probability of the bin's pixels. */
  readonly confidence: number;
  /** Share of them that are foreground. */
  readonly frequency: number;
  readonly pixels: number;
}

export interface Reliability {
  /** The bins that have pixels, from low to high probability. */
  readonly bins: readonly ReliabilityBin[];
  /** Expected calibration error: mean of |confidence − frequency| over bins, weighted by their pixels. */
  readonly expectedCalibrationError: number;
}

/** Sums of a reliability curve with equally wide bins of foreground probability. */
export class ReliabilityMeter {
  readonly #pixels: Float64Array;
  readonly #probability: Float64Array;
  readonly #foreground: Float64Array;

  constructor(bins: number) {
    this.#pixels = new Float64Array(bins);
    this.#probability = new Float64Array(bins);
    this.#foreground = new Float64Array(bins);
  }

  add(probability: number, truth: number): void {
    const bins = this.#pixels.length;
    const bin = Math.min(bins - 1, Math.floor(probability * bins));
    this.#pixels[bin] = (this.#pixels[bin] as number) + 1;
    this.#probability[bin] = (this.#probability[bin] as number) + probability;
    this.#foreground[bin] = (this.#foreground[bin] as number) + truth;
  }

  result(): Reliability {
    const bins: ReliabilityBin[] = [];
    this.#pixels.forEach((pixels, bin) => {
      if (pixels === 0) return;
      const confidence = (this.#probability[bin] as number) / pixels;
      bins.push({ confidence, frequency: (this.#foreground[bin] as number) / pixels, pixels });
    });
    const all = bins.reduce((sum, { pixels }) => sum + pixels, 0);
    const gaps = bins.reduce(
      (sum, { confidence, frequency, pixels }) => sum + pixels * Math.abs(confidence - frequency),
      0,
    );
    return { bins, expectedCalibrationError: gaps / all };
  }
}

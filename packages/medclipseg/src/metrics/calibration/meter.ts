// Whether probabilities mean what they say, and whether uncertainty points at the errors; pixels are streamed, memory is bounded.

const BINS = 1000;
/** Largest entropy of a foreground probability, in nats. */
const CEILING = Math.LN2;

export interface ReliabilityBin {
  /** Mean probability of the bin's pixels. */
  readonly confidence: number;
  /** Share of them that are foreground. */
  readonly frequency: number;
  readonly pixels: number;
}

export interface Calibration {
  readonly pixels: number;
  /** Mean squared difference of probability and truth. */
  readonly brier: number;
  /** Expected calibration error: mean of |confidence − frequency| over the bins, weighted by pixels. */
  readonly expectedCalibrationError: number;
  readonly reliability: readonly ReliabilityBin[];
  /** Share of wrong pixels among the surest part, by coverage. */
  readonly riskCoverage: readonly { readonly coverage: number; readonly risk: number }[];
  /** Area under it; 0 is best. */
  readonly areaUnderRiskCoverage: number;
  /** Chance that a wrong pixel is more uncertain than a right one; ties count half. NaN without wrong or without right pixels. */
  readonly errorAuroc: number;
}

/** Collects pixels image by image. Uncertainties are told apart to 1/1000 of their range. */
export class CalibrationMeter {
  readonly #count: Float64Array;
  readonly #probability: Float64Array;
  readonly #foreground: Float64Array;
  readonly #right = new Float64Array(BINS);
  readonly #wrong = new Float64Array(BINS);
  #squares = 0;

  /** @param bins of the reliability curve, equally wide */
  constructor(readonly bins = 15) {
    this.#count = new Float64Array(bins);
    this.#probability = new Float64Array(bins);
    this.#foreground = new Float64Array(bins);
  }

  /**
   * @param probability of foreground, 0 to 1
   * @param uncertainty entropy in nats, 0 to ln 2
   * @param truth 0 and 1
   */
  add(probability: ArrayLike<number>, uncertainty: ArrayLike<number>, truth: ArrayLike<number>): void {
    for (let i = 0; i < probability.length; i++) {
      const [p, u, t] = [probability[i] as number, uncertainty[i] as number, truth[i] as number];
      const bin = Math.min(this.bins - 1, Math.floor(p * this.bins));
      this.#count[bin] = (this.#count[bin] as number) + 1;
      this.#probability[bin] = (this.#probability[bin] as number) + p;
      this.#foreground[bin] = (this.#foreground[bin] as number) + t;
      this.#squares += (p - t) ** 2;
      const side = (p > 0.5 ? 1 : 0) === t ? this.#right : this.#wrong;
      const level = Math.min(BINS - 1, Math.floor((u / CEILING) * BINS));
      side[level] = (side[level] as number) + 1;
    }
  }

  result(): Calibration {
    const pixels = this.#count.reduce((a, b) => a + b, 0);
    const reliability = [...this.#count].flatMap((n, bin) =>
      n === 0
        ? []
        : [
            {
              confidence: (this.#probability[bin] as number) / n,
              frequency: (this.#foreground[bin] as number) / n,
              pixels: n,
            },
          ],
    );
    const [allRight, allWrong] = [this.#right, this.#wrong].map((h) => h.reduce((a, b) => a + b, 0)) as [
      number,
      number,
    ];
    const riskCoverage: { coverage: number; risk: number }[] = [];
    let [seen, wrong, right, area, ordered] = [0, 0, 0, 0, 0];
    for (let level = 0; level < BINS; level++) {
      const [r, w] = [this.#right[level] as number, this.#wrong[level] as number];
      if (r + w === 0) continue;
      ordered += w * (right + r / 2);
      seen += r + w;
      wrong += w;
      right += r;
      riskCoverage.push({ coverage: seen / pixels, risk: wrong / seen });
      area += ((r + w) / pixels) * (wrong / seen);
    }
    return {
      pixels,
      brier: this.#squares / pixels,
      expectedCalibrationError: reliability.reduce(
        (e, { confidence, frequency, pixels: n }) => e + (n / pixels) * Math.abs(confidence - frequency),
        0,
      ),
      reliability,
      riskCoverage,
      areaUnderRiskCoverage: area,
      errorAuroc: ordered / (allRight * allWrong),
    };
  }
}

// Selective prediction: risk against coverage if the most uncertain pixels are left out, and how well uncertainty detects errors.

/** Right and wrong pixels by level of uncertainty, starting with the most certain. */
export interface PixelsByUncertainty {
  readonly right: ArrayLike<number>;
  readonly wrong: ArrayLike<number>;
}

export interface RiskPoint {
  /** Share of the pixels kept, the most certain first. */
  readonly coverage: number;
  /** Share of wrong ones among them. */
  readonly risk: number;
}

export interface SelectivePrediction {
  /** At a hundred coverages, 0.01 to 1. */
  readonly riskCoverage: readonly RiskPoint[];
  /** Area under risk against coverage: mean risk over all coverages (Geifman & El-Yaniv 2017). */
  readonly area: number;
  /** The same if pixels are left out at random: the share of wrong ones. */
  readonly areaOfRandomOrder: number;
  /** The same if all wrong pixels are left out first: the lower bound. */
  readonly areaOfBestOrder: number;
  /** Probability that a wrong pixel is more uncertain than a right one (AUROC). NaN without wrong or without right pixels. */
  readonly errorAuroc: number;
}

const POINTS = 100;
const EULER = 0.5772156649015329;

/** 1 + 1/2 + … + 1/n. */
function harmonic(n: number): number {
  if (n < 20) {
    let sum = 0;
    for (let k = 1; k <= n; k++) sum += 1 / k;
    return sum;
  }
  return Math.log(n) + EULER + 1 / (2 * n) - 1 / (12 * n ** 2) + 1 / (120 * n ** 4) - 1 / (252 * n ** 6);
}

/**
 * Figures of selective prediction from counts, exact for the levels given. Pixels of one level are tied: every figure is the mean
 * over all orders of them (for the AUROC a tie counts half).
 */
export function selectivePrediction({ right, wrong }: PixelsByUncertainty): SelectivePrediction {
  let [pixels, errors] = [0, 0];
  for (let level = 0; level < right.length; level++) {
    pixels += (right[level] as number) + (wrong[level] as number);
    errors += wrong[level] as number;
  }
  const riskCoverage: RiskPoint[] = [];
  let [seen, seenWrong, area, ordered] = [0, 0, 0, 0];
  for (let level = 0; level < right.length; level++) {
    const [r, w] = [right[level] as number, wrong[level] as number];
    const size = r + w;
    if (size === 0) continue;
    const share = w / size;
    // Σ (W + share·j) / (S + j) over j = 1 … size: the risks at each coverage within the level.
    area += w + (seenWrong - share * seen) * (harmonic(seen + size) - harmonic(seen));
    ordered += w * (seen - seenWrong + r / 2);
    while (riskCoverage.length < POINTS) {
      const coverage = (riskCoverage.length + 1) / POINTS;
      const kept = coverage * pixels;
      if (kept > seen + size) break;
      riskCoverage.push({ coverage, risk: (seenWrong + share * (kept - seen)) / kept });
    }
    seen += size;
    seenWrong += w;
  }
  const best = errors - (pixels - errors) * (harmonic(pixels) - harmonic(pixels - errors));
  return {
    riskCoverage,
    area: area / pixels,
    areaOfRandomOrder: errors / pixels,
    areaOfBestOrder: best / pixels,
    errorAuroc: ordered / (errors * (pixels - errors)),
  };
}

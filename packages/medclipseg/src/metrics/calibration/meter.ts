// Calibration of probabilities, and how well uncertainty predicts errors. Pixels are streamed, memory is bounded.
import { binaryEntropy, MAXIMUM_ENTROPY } from '../../uncertainty.ts';
import { ScoreError } from '../errors.ts';
import { expectedDice, uncertaintyPerForeground } from '../quality.ts';
import { type Reliability, ReliabilityMeter } from './reliability.ts';
import { type SelectivePrediction, selectivePrediction } from './selective.ts';

/** Levels of the fixed scale 0 to ln 2: those of a 16-bit map, so that a saved map gives the same figures. */
const LEVELS = 65536;

export interface Calibration {
  readonly images: number;
  readonly pixels: number;
  /** Brier score: mean squared difference of probability and truth. */
  readonly brier: number;
  readonly reliability: Reliability;
  readonly selective: SelectivePrediction;
}

/** Figures of one image. */
export interface ImageCalibration {
  readonly brier: number;
  /** Mean over all pixels, in nats. */
  readonly meanUncertainty: number;
  /** See {@link uncertaintyPerForeground}; none without predicted foreground. */
  readonly uncertaintyPerForeground?: number;
  /** See {@link expectedDice}; none without predicted foreground. */
  readonly expectedDice?: number;
}

/** Collects pixels image by image, all with the same weight. */
export class CalibrationMeter {
  readonly #reliability: ReliabilityMeter;
  readonly #right = new Float64Array(LEVELS);
  readonly #wrong = new Float64Array(LEVELS);
  #images = 0;
  #pixels = 0;
  #squares = 0;

  /** @param bins number of equally wide bins of the reliability curve */
  constructor({ bins = 15 }: { readonly bins?: number } = {}) {
    this.#reliability = new ReliabilityMeter(bins);
  }

  /**
   * Adds an image.
   *
   * @param probability of foreground, 0 to 1; above 0.5 foreground is predicted
   * @param truth 0 and 1
   * @param uncertainty in nats, 0 to ln 2, with a resolution of 1/65535 of that range; by default the entropy of the probability
   * @throws {@link ScoreError} if a value is out of range or the maps differ in size
   */
  add(probability: ArrayLike<number>, truth: ArrayLike<number>, uncertainty?: ArrayLike<number>): ImageCalibration {
    const pixels = truth.length;
    for (const { length } of [probability, uncertainty ?? probability])
      if (length !== pixels)
        throw new ScoreError('map to calibrate', `${pixels} pixels, as the truth`, `${length}`, 'Resize the map.');
    const mask = new Uint8Array(pixels);
    const uncertain = new Float64Array(pixels);
    let squares = 0;
    for (let i = 0; i < pixels; i++) {
      const [p, t] = [probability[i] as number, truth[i] as number];
      const u = uncertainty ? (uncertainty[i] as number) : binaryEntropy(p);
      if (!(p >= 0 && p <= 1 && u >= 0 && u <= MAXIMUM_ENTROPY + 1e-6))
        throw new ScoreError(
          `pixel ${i}`,
          'a probability of 0 to 1 and an uncertainty of 0 to ln 2',
          `${p} and ${u}`,
          'Check the maps.',
        );
      this.#reliability.add(p, t);
      squares += (p - t) ** 2;
      uncertain[i] = u;
      mask[i] = p > 0.5 ? 1 : 0;
      const side = mask[i] === t ? this.#right : this.#wrong;
      const level = Math.min(LEVELS - 1, Math.round((u / MAXIMUM_ENTROPY) * (LEVELS - 1)));
      side[level] = (side[level] as number) + 1;
    }
    this.#images += 1;
    this.#pixels += pixels;
    this.#squares += squares;
    return {
      brier: squares / pixels,
      meanUncertainty: uncertain.reduce((sum, u) => sum + u, 0) / pixels,
      uncertaintyPerForeground: uncertaintyPerForeground({ uncertainty: uncertain, probability, mask }),
      expectedDice: expectedDice({ probability, mask }),
    };
  }

  result(): Calibration {
    return {
      images: this.#images,
      pixels: this.#pixels,
      brier: this.#squares / this.#pixels,
      reliability: this.#reliability.result(),
      selective: selectivePrediction({ right: this.#right, wrong: this.#wrong }),
    };
  }
}

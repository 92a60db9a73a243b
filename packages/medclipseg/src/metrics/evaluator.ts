// Scores of a run over many images, calibration if there are probabilities, statistics with intervals.
import { type Correlation, correlate } from './calibration/images.ts';
import { type Calibration, CalibrationMeter, type ImageCalibration } from './calibration/meter.ts';
import { type ContourOptions, PIXEL_CONTOUR } from './contour.ts';
import { ScoreError } from './errors.ts';
import { type ImageScores, imageScores, type ScoreName } from './image-scores.ts';
import type { MaskImage, Spacing } from './mask.ts';
import { publishedAverages } from './published-table.ts';
import { type BootstrapOptions, bootstrapMean, type Interval } from './statistics/bootstrap.ts';
import { type ScoreSummary, summarizeScores } from './summary.ts';

/** One image of a run; distances to an empty mask are infinite, in JSON null. */
export interface EvaluatedImage extends ImageScores, Partial<ImageCalibration> {
  readonly name: string;
  /** File name of the true mask. */
  readonly file: string;
}

export interface EvaluatedCalibration extends Calibration {
  /** Mean over images of their Brier scores. */
  readonly brierOfImages: Interval;
  /** Of an image's mean uncertainty with its DSC. */
  readonly meanUncertainty: Correlation;
  /** Of an image's uncertainty per expected foreground pixel with its DSC. Images without predicted foreground are left out. */
  readonly uncertaintyPerForeground: Correlation;
  /** Of the Dice that the model expects with the DSC. Images without predicted foreground are left out. */
  readonly expectedDice: Correlation;
}

export interface Evaluation {
  /** Averages as the reference prints them: over columns rounded per image. */
  readonly published: { readonly dsc: number; readonly nsd: number };
  readonly summary: Readonly<Record<ScoreName, ScoreSummary>>;
  readonly calibration?: EvaluatedCalibration;
  /** Of the contour scores, in the unit of `spacing`. */
  readonly tolerance: number;
  readonly spacing: Spacing;
  /** Images without a prediction. */
  readonly missing: readonly string[];
  /** Predictions without a true mask. */
  readonly extra: readonly string[];
  readonly images: readonly EvaluatedImage[];
}

export interface EvaluatedPrediction {
  readonly name: string;
  readonly file: string;
  readonly truth: MaskImage;
  /** At the size of the truth. */
  readonly prediction: MaskImage;
  /** Foreground probabilities at the size of the truth; for all images of a run or for none. */
  readonly probability?: ArrayLike<number>;
}

/**
 * Scores images one by one; keeps their scores, not their pixels.
 *
 * @example
 * const evaluator = new Evaluator({ tolerance: 2 });
 * const mask = { width: 4, height: 1, data: [1, 1, 0, 0] };
 * evaluator.add({ name: 'a', file: 'a.png', truth: mask, prediction: mask });
 * evaluator.result().summary.dsc.mean; // 1
 */
export class Evaluator {
  readonly #contour: Required<ContourOptions>;
  readonly #bootstrap: BootstrapOptions;
  readonly #meter = new CalibrationMeter();
  readonly #images: EvaluatedImage[] = [];

  constructor({ tolerance, spacing, ...bootstrap }: ContourOptions & BootstrapOptions = {}) {
    this.#contour = { tolerance: tolerance ?? PIXEL_CONTOUR.tolerance, spacing: spacing ?? PIXEL_CONTOUR.spacing };
    this.#bootstrap = bootstrap;
  }

  /** @throws {@link ScoreError} if sizes differ, or only some images have probabilities */
  add({ name, file, truth, prediction, probability }: EvaluatedPrediction): EvaluatedImage {
    const before = this.#images[0];
    if (before && (before.brier === undefined) !== (probability === undefined))
      throw new ScoreError(name, 'probabilities of all images or of none', 'some', 'Leave none out.');
    const scores = imageScores(truth, prediction, this.#contour);
    const calibration = probability && this.#meter.add(probability, truth.data);
    const image = { name, file, ...scores, ...calibration };
    this.#images.push(image);
    return image;
  }

  result(unscored: Pick<Evaluation, 'missing' | 'extra'> = { missing: [], extra: [] }): Evaluation {
    const images = this.#images;
    return {
      published: publishedAverages(images),
      summary: summarizeScores(images, this.#bootstrap),
      ...(images[0]?.brier !== undefined && { calibration: this.#calibration() }),
      ...this.#contour,
      ...unscored,
      images,
    };
  }

  #calibration(): EvaluatedCalibration {
    const images = this.#images;
    const dsc = images.map((image) => image.dsc);
    const against = (key: keyof ImageCalibration) =>
      correlate(
        images.map((image) => image[key]),
        dsc,
        this.#bootstrap,
      );
    const brier = images.map((image) => image.brier as number);
    return {
      ...this.#meter.result(),
      brierOfImages: bootstrapMean(brier, this.#bootstrap),
      meanUncertainty: against('meanUncertainty'),
      uncertaintyPerForeground: against('uncertaintyPerForeground'),
      expectedDice: against('expectedDice'),
    };
  }
}

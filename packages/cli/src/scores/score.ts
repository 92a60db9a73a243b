// Scores of a predicted mask against the true one, as published: at the truth's own size, both thresholded above 127.
import { type RasterImage, resizeNearest } from '@medclipseg/datasets';
import { type ContourOptions, type ImageScores, imageScores, type MaskImage } from 'medclipseg/metrics';

export interface Score extends ImageScores {
  readonly name: string;
  /** File name of the true mask. */
  readonly file: string;
}

/** Foreground of the evaluation is strictly above this grey value. */
const THRESHOLD = 127;

/** A mask of 0 and 1 from grey values, as the published evaluation reads them. */
export const binaryMask = ({ width, height, data }: RasterImage): MaskImage => ({
  width,
  height,
  data: data.map((v) => (v > THRESHOLD ? 1 : 0)),
});

/** Scores a prediction of any size: it is brought to the truth's by its nearest pixels. */
export const score = (truth: MaskImage, prediction: RasterImage, options: ContourOptions): ImageScores =>
  imageScores(truth, binaryMask(resizeNearest(prediction, truth.width, truth.height)), options);

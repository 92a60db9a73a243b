// Every score of one predicted mask.
import { type ContourOptions, contourScores } from './contour.ts';
import { checkMaskImages, type MaskImage } from './mask.ts';
import { overlapScores } from './overlap.ts';
import { publishedSurfaceDice } from './published-surface.ts';

/** Title of each score, whether it is a share (0 to 1) or a distance, and which direction is better. */
export const SCORES = {
  dsc: { title: 'DSC', quantity: 'share', better: 'higher' },
  iou: { title: 'IoU', quantity: 'share', better: 'higher' },
  precision: { title: 'Precision', quantity: 'share', better: 'higher' },
  recall: { title: 'Recall', quantity: 'share', better: 'higher' },
  nsdPublished: { title: 'NSD (published form)', quantity: 'share', better: 'higher' },
  nsdContour: { title: 'NSD (contour)', quantity: 'share', better: 'higher' },
  hd95: { title: 'HD95', quantity: 'distance', better: 'lower' },
  averageSurfaceDistance: { title: 'ASD', quantity: 'distance', better: 'lower' },
} as const;

export type ScoreName = keyof typeof SCORES;

export const SCORE_NAMES = Object.keys(SCORES) as readonly ScoreName[];

/** Scores of one image; distances are infinite where exactly one of the masks is empty (null in JSON). */
export type ImageScores = Readonly<Record<ScoreName, number>>;

/**
 * Scores of a predicted mask against the true one.
 *
 * | | both empty | one empty |
 * |---|---|---|
 * | shares | 1 | 0 |
 * | distances | 0 | infinite |
 *
 * @param options tolerance and spacing of the contour scores; the published NSD is always at 2 pixels
 * @throws {@link ScoreError} if the masks differ in size, or hold other values than 0 and 1
 */
export function imageScores(truth: MaskImage, prediction: MaskImage, options: ContourOptions = {}): ImageScores {
  checkMaskImages(truth, prediction);
  const { nsd, hd95, averageSurfaceDistance } = contourScores(truth, prediction, options);
  return {
    ...overlapScores(truth.data, prediction.data),
    nsdPublished: publishedSurfaceDice(truth, prediction),
    nsdContour: nsd,
    hd95,
    averageSurfaceDistance,
  };
}

// Masks as the published evaluation reads them: at the truth's own size, both thresholded above 127.
import { type RasterImage, resizeNearest } from '@medclipseg/datasets';
import type { MaskImage } from 'medclipseg/metrics';

/** Foreground of the evaluation is strictly above this gray value. */
const THRESHOLD = 127;

/** A mask of 0 and 1 from gray values. */
export const binaryMask = ({ width, height, data }: RasterImage): MaskImage => ({
  width,
  height,
  data: data.map((v) => (v > THRESHOLD ? 1 : 0)),
});

/** A predicted mask of any size, brought to the truth's by its nearest pixels. */
export const predictedMask = (prediction: RasterImage, { width, height }: MaskImage): MaskImage =>
  binaryMask(resizeNearest(prediction, width, height));

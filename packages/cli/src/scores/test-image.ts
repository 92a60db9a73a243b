// One image of a test: its prediction, compared with the true mask as published.
import type { RasterImage } from '@medclipseg/datasets';
import { readImage, readMask, type SampleFile } from '@medclipseg/datasets/node';
import type { Estimate, MedCLIPSeg, SegmentOptions } from 'medclipseg';
import type { MaskImage } from 'medclipseg/metrics';
import { binaryMask, predictedMask } from './masks.ts';

export interface TestedImage {
  /** Maps at the size of the model. */
  readonly estimate: Estimate;
  /** 0 and 255, at the size of the model. */
  readonly mask: RasterImage;
  readonly truth: MaskImage;
  /** At the size of the true mask, by its nearest pixels. */
  readonly prediction: MaskImage;
}

/** Segments an image by its prompt and reads its true mask. */
export async function testImage(model: MedCLIPSeg, file: SampleFile, options: SegmentOptions): Promise<TestedImage> {
  const { imageSize: size } = model.config.vision;
  const { estimate } = await model.segment(await readImage(file.imagePath), file.prompt, {
    ...options,
    name: file.name,
  });
  const data = Uint8Array.from(estimate.probability, (p) => (p > 0.5 ? 255 : 0));
  const mask = { width: size, height: size, channels: 1, data } as const;
  const truth = binaryMask(await readMask(file));
  return { estimate, mask, truth, prediction: predictedMask(mask, truth) };
}

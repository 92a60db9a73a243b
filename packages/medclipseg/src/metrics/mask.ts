// Binary masks.
import { ScoreError } from './errors.ts';

/** 0 and 1 per pixel. */
export type Mask = ArrayLike<number>;

export interface MaskImage {
  readonly width: number;
  readonly height: number;
  /** 0 and 1, row-major. */
  readonly data: Mask;
}

export interface Spacing {
  /** Size of a pixel, in any unit; distances have the same one. */
  readonly x: number;
  readonly y: number;
}

/** Distances in pixels. */
export const UNIT_SPACING: Spacing = { x: 1, y: 1 };

/**
 * Masks of 0 and 255, or of labels, would be scored without a warning.
 *
 * @throws {ScoreError} unless all values are 0 or 1
 */
export function checkMask(subject: string, mask: Mask): void {
  for (let i = 0; i < mask.length; i++)
    if (mask[i] !== 0 && mask[i] !== 1)
      throw new ScoreError(subject, 'a mask of 0 and 1', `the value ${mask[i]}`, 'Threshold it first.');
}

/** @throws {ScoreError} unless both are masks of one size, and as many pixels as it says */
export function checkMaskImages(truth: MaskImage, prediction: MaskImage): void {
  if (truth.width !== prediction.width || truth.height !== prediction.height)
    throw new ScoreError(
      'prediction',
      `${truth.width}x${truth.height} pixels, as the true mask`,
      `${prediction.width}x${prediction.height}`,
      'Resize it to the true mask by its nearest pixels.',
    );
  for (const [subject, { width, height, data }] of [
    ['true mask', truth] as const,
    ['prediction', prediction] as const,
  ]) {
    if (data.length !== width * height)
      throw new ScoreError(
        subject,
        `${width * height} values for ${width}x${height} pixels`,
        `${data.length}`,
        'Check its size.',
      );
    checkMask(subject, data);
  }
}

/** @throws {ScoreError} unless both are masks with the same number of pixels */
export function checkMasks(truth: Mask, prediction: Mask): void {
  if (truth.length !== prediction.length)
    throw new ScoreError(
      'prediction',
      `${truth.length} pixels, as the true mask`,
      `${prediction.length}`,
      'Resize it.',
    );
  checkMask('true mask', truth);
  checkMask('prediction', prediction);
}

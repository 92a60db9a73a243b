// What a mask measures, at the picture's own size.
import { findings, type Place, type RasterImage } from '@medclipseg/datasets';
import type { Estimate } from 'medclipseg';
import { resizeMap } from 'medclipseg/metrics';
import { estimateSize } from '../drawing/estimates.ts';
import { aboveThreshold, largestPart } from '../drawing/masks.ts';
import type { OpenPicture } from './open-picture.ts';
import type { MaskRule, Measures } from './protocol.ts';

export function fullMask(
  { width, height }: Pick<RasterImage, 'width' | 'height'>,
  estimate: Estimate,
  { threshold, largestOnly }: MaskRule,
): Uint8Array {
  const mask = aboveThreshold(resizeMap(estimate.probability, estimateSize(estimate), [width, height]), threshold);
  return largestOnly ? largestPart(mask, width) : mask;
}

/** At the model's own size, whatever the picture's. */
function placesOf(estimate: Estimate, rule: MaskRule): readonly Place[] {
  const [width, height] = estimateSize(estimate);
  const data = fullMask({ width, height }, estimate, rule);
  return [...new Set(findings({ width, height, channels: 1, data }).map(({ place }) => place))];
}

export function measure({ image, spacing }: OpenPicture, estimate: Estimate, rule: MaskRule): Measures {
  const mask = fullMask(image, estimate, rule);
  const pixels = mask.reduce((sum, inside) => sum + inside, 0);
  const uncertainty = estimate.uncertainty.reduce((sum, value) => sum + value, 0) / estimate.uncertainty.length;
  return {
    pixels,
    share: pixels / mask.length,
    squareMillimeters: spacing && pixels * spacing.x * spacing.y,
    meanUncertainty: uncertainty,
    places: placesOf(estimate, rule),
  };
}

// Figures of one result that rank images by how good their masks may be, without knowing the truth.
import { MAXIMUM_ENTROPY } from '../uncertainty.ts';
import { ScoreError } from './errors.ts';
import { checkMask } from './mask.ts';

/** Maps of one size: those of a `Segmentation`, or of a class of a label map with its pixels as the mask. */
export interface QualityMaps {
  /** Probability of foreground, 0 to 1. */
  readonly probability: ArrayLike<number>;
  /** 0 and 1 per pixel. */
  readonly mask: ArrayLike<number>;
  /** Nats, 0 to ln 2. */
  readonly uncertainty: ArrayLike<number>;
}

/** Rounding of resized maps and of sums in single precision. */
const ROUNDING = 1e-6;

function checkMap(subject: string, map: ArrayLike<number>, most: number, pixels: number): void {
  if (map.length !== pixels)
    throw new ScoreError(subject, `${pixels} pixels, as the mask`, `${map.length}`, 'Resize the map.');
  for (let i = 0; i < pixels; i++) {
    const value = map[i] as number;
    if (!(value >= -ROUNDING && value <= most + ROUNDING))
      throw new ScoreError(subject, `values from 0 to ${most}`, `${value}`, 'Check the map.');
  }
}

const sum = (values: ArrayLike<number>): number => {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  return total;
};

/**
 * Uncertainty of the whole image per pixel of expected foreground, `Σ u / Σ p`, in nats: 0 if the model is sure everywhere, without an upper bound.
 * Unlike the mean over the image it does not shrink with the foreground, and follows DSC. Higher values mean that a result deserves a look first.
 *
 * @returns `undefined` if the mask is empty
 * @throws {@link ScoreError} if the maps differ in size or a value is out of range
 *
 * @example
 * uncertaintyPerForeground(await model.segment(image, 'one small polyp')); // 0.21
 */
export function uncertaintyPerForeground({ uncertainty, probability, mask }: QualityMaps): number | undefined {
  checkMask('mask', mask);
  checkMap('uncertainty', uncertainty, MAXIMUM_ENTROPY, mask.length);
  checkMap('probability', probability, 1, mask.length);
  return sum(mask) === 0 ? undefined : sum(uncertainty) / sum(probability);
}

/**
 * Soft Dice between the model's own probabilities and its mask, `2 Σ p·m / (Σ p + Σ m)`, 0 to 1: the DSC that the model would expect if its probabilities
 * were right. Ranks results; too optimistic on images unlike those of the training, so it is not an estimate of the DSC.
 *
 * @returns `undefined` if the mask is empty
 * @throws {@link ScoreError} if the maps differ in size or a value is out of range
 */
export function expectedDice({ probability, mask }: Omit<QualityMaps, 'uncertainty'>): number | undefined {
  checkMask('mask', mask);
  checkMap('probability', probability, 1, mask.length);
  let both = 0;
  for (let i = 0; i < mask.length; i++) both += (probability[i] as number) * (mask[i] as number);
  const foreground = sum(mask);
  return foreground === 0 ? undefined : (2 * both) / (sum(probability) + foreground);
}

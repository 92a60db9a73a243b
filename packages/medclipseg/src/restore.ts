// From the model's own resolution back to the image's.
import type { RasterImage } from '@medclipseg/datasets';
import { resizeMap } from './resize-map.ts';
import type { Estimate } from './sampling/index.ts';

/** Maps at the image's own size, row-major; entropies in nats, 0 to ln 2. */
export interface Segmentation {
  readonly width: number;
  readonly height: number;
  /** 1 where the probability is above one half. */
  readonly mask: Uint8Array;
  readonly probability: Float32Array;
  /** Entropy of the mean probability (predictive). */
  readonly uncertainty: Float32Array;
  /** Its part that each sample has by itself. */
  readonly expectedEntropy: Float32Array;
  /** Its part that comes from samples disagreeing. */
  readonly mutualInformation: Float32Array;
  /** Monte-Carlo samples behind it. */
  readonly samples: number;
  /** The same at the model's own resolution. */
  readonly estimate: Estimate;
}

export interface Restoring {
  /**
   * `bilinear` (default): probabilities are interpolated, then thresholded. `nearest`: every pixel takes the model's nearest one, as the
   * published evaluation does.
   */
  readonly interpolation?: 'bilinear' | 'nearest';
}

export function restore(
  estimate: Estimate,
  size: number,
  { width, height }: Pick<RasterImage, 'width' | 'height'>,
  { interpolation = 'bilinear' }: Restoring,
): Segmentation {
  const resized = (map: Float32Array) => resizeMap(map, [size, size], [width, height], interpolation);
  const probability = resized(estimate.probability);
  return {
    width,
    height,
    mask: Uint8Array.from(probability, (p) => (p > 0.5 ? 1 : 0)),
    probability,
    uncertainty: resized(estimate.uncertainty),
    expectedEntropy: resized(estimate.expectedEntropy),
    mutualInformation: resized(estimate.mutualInformation),
    samples: estimate.samples,
    estimate,
  };
}

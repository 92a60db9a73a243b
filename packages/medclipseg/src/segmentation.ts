// Results at the size of the image: one segmentation, or several as a map of classes.
import type { RasterImage } from '@medclipseg/datasets';
import { resizeMap } from './resize-map.ts';
import type { Estimate } from './sampling/running-mean.ts';

/** Maps at the image's own size, row-major; entropies in nats, 0 to ln 2. */
export interface Segmentation {
  readonly width: number;
  readonly height: number;
  /** 1 where the probability is above one half. */
  readonly mask: Uint8Array;
  readonly probability: Float32Array;
  /** Entropy of the mean probability (predictive). */
  readonly uncertainty: Float32Array;
  /** Mean entropy of the samples: the part that each sample has. */
  readonly expectedEntropy: Float32Array;
  /** The rest: the part that comes from disagreement between samples. */
  readonly mutualInformation: Float32Array;
  /** Number of Monte-Carlo samples. */
  readonly samples: number;
  /** The same maps at the model's own resolution. */
  readonly estimate: Estimate;
}

export interface RestoreOptions {
  /**
   * `bilinear` (default): probabilities are interpolated, then thresholded. `nearest`: each pixel takes the value of the nearest pixel of the model's map, as the
   * published evaluation does.
   */
  readonly interpolation?: 'bilinear' | 'nearest';
}

function once<T>(compute: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= compute();
    return value;
  };
}

/** Maps at the size of the image from those at the model's own resolution. */
export function restore(
  estimate: Estimate,
  size: number,
  { width, height }: Pick<RasterImage, 'width' | 'height'>,
  { interpolation = 'bilinear' }: RestoreOptions,
): Segmentation {
  const resized = (map: Float32Array) => resizeMap(map, [size, size], [width, height], interpolation);
  const probability = resized(estimate.probability);
  const mask = new Uint8Array(probability.length);
  for (let i = 0; i < mask.length; i++) mask[i] = (probability[i] as number) > 0.5 ? 1 : 0;
  // Computed when first read: each takes 96 MB for a photo of 24 megapixels, and few callers read all of them.
  const uncertainty = once(() => resized(estimate.uncertainty));
  const expectedEntropy = once(() => resized(estimate.expectedEntropy));
  const mutualInformation = once(() => resized(estimate.mutualInformation));
  return {
    width,
    height,
    mask,
    probability,
    get uncertainty() {
      return uncertainty();
    },
    get expectedEntropy() {
      return expectedEntropy();
    },
    get mutualInformation() {
      return mutualInformation();
    },
    samples: estimate.samples,
    estimate,
  };
}

export interface LabelMap {
  readonly width: number;
  readonly height: number;
  /** Class names in the given order: label i + 1 means `classes[i]`, 0 none of them. */
  readonly classes: readonly string[];
  readonly labels: Uint8Array;
  /** Result of each class. */
  readonly segmentations: ReadonlyMap<string, Segmentation>;
}

/** Labels have 8 bits, and 0 is none of the classes. */
export const MOST_CLASSES = 255;

/** The class with the largest probability above the threshold; the first of equals. @param segmentations at least one, of one size */
export function labelMap(segmentations: ReadonlyMap<string, Segmentation>, threshold: number): LabelMap {
  const { width, height } = [...segmentations.values()][0] as Segmentation;
  const labels = new Uint8Array(width * height);
  const highest = new Float32Array(labels.length).fill(threshold);
  [...segmentations.values()].forEach(({ probability }, index) => {
    for (let i = 0; i < labels.length; i++) {
      if ((probability[i] as number) <= (highest[i] as number)) continue;
      highest[i] = probability[i] as number;
      labels[i] = index + 1;
    }
  });
  return { width, height, classes: [...segmentations.keys()], labels, segmentations };
}

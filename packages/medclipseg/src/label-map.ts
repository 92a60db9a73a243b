// Several segmentations of one image as a map of classes.
import type { Segmentation } from './restore.ts';

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

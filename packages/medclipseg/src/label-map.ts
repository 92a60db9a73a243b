// Several segmentations of one image joined into one map of classes.
import type { Segmentation } from './restore.ts';

export interface LabelMap {
  readonly width: number;
  readonly height: number;
  /** The classes in the order in which they were given; label i + 1 stands for `classes[i]`, 0 for none of them. */
  readonly classes: readonly string[];
  readonly labels: Uint8Array;
  /** Each class by itself. */
  readonly segmentations: ReadonlyMap<string, Segmentation>;
}

/** The class with the largest probability above the threshold; the first of equals. */
export function labelMap(segmentations: ReadonlyMap<string, Segmentation>, threshold: number): LabelMap {
  const [first] = segmentations.values();
  if (!first || segmentations.size > 255)
    throw new RangeError(`classes: expected 1 to 255, got ${segmentations.size}. Name each class with its prompt.`);
  const labels = new Uint8Array(first.width * first.height);
  const highest = new Float32Array(labels.length).fill(threshold);
  [...segmentations.values()].forEach(({ probability }, index) => {
    for (let i = 0; i < labels.length; i++) {
      if ((probability[i] as number) <= (highest[i] as number)) continue;
      highest[i] = probability[i] as number;
      labels[i] = index + 1;
    }
  });
  return { width: first.width, height: first.height, classes: [...segmentations.keys()], labels, segmentations };
}

// The model that is served, and what it gives for a request.
import type { MedCLIPSeg, ModelInfo } from 'medclipseg';
import type { ResultFigures } from 'medclipseg/metrics';
import type { Drawings } from '../../maps.ts';

export interface ServedModel {
  readonly model: MedCLIPSeg;
  readonly info: Pick<ModelInfo, 'path' | 'format' | 'metadata'>;
  /** The name that clients see: not a path. */
  readonly name: string;
  readonly backend: string;
}

/** A map as a file, made only when it is written. */
export type MapBytes =
  | { readonly format: 'png'; readonly write: Drawings[string] }
  | { readonly format: 'nifti'; readonly write: () => Uint8Array };

export interface Outcome {
  /** Width and height, or the number of voxels along each axis. */
  readonly size: readonly number[];
  readonly numbers: object;
  readonly warnings: readonly string[];
  readonly maps: Readonly<Record<string, MapBytes>>;
}

/** The figures of a mask and its warnings, as in the reports of `predict`. Figures that an empty mask does not have are null. */
export function describeMask(found: ResultFigures, samples: number, slices?: 'slices') {
  const { imagesWithForeground, imagesTouchingBorder, uncertaintyPerForeground, expectedDice, ...figures } = found;
  const touched = slices ? `of ${imagesTouchingBorder} of its ${imagesWithForeground} slices` : 'of the image';
  return {
    numbers: {
      samples,
      ...figures,
      uncertaintyPerForeground: uncertaintyPerForeground ?? null,
      expectedDice: expectedDice ?? null,
    },
    warnings: [
      ...(imagesWithForeground === 0 ? ['The mask is empty.'] : []),
      ...(imagesTouchingBorder > 0
        ? [`The mask touches the border ${touched}: a part of the structure may be outside.`]
        : []),
    ],
  };
}

/** The area of some pixels, if their distance is known. */
export const areaOf = (pixels: number, spacing: { readonly x: number; readonly y: number } | undefined) =>
  spacing && { areaMm2: Number((pixels * spacing.x * spacing.y).toFixed(2)) };

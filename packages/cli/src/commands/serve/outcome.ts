// The model that is served, and what it gives for a request.
import type { MedCLIPSeg, ModelInfo } from 'medclipseg';
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

// A picture as its worker holds it.
import type { RasterImage } from '@medclipseg/datasets';
import type { Estimate } from 'medclipseg';
import type { Side, Spacing } from './protocol.ts';

export interface OpenPicture {
  readonly image: RasterImage;
  readonly spacing?: Spacing;
  /** The mask that a phantom was drawn with. */
  readonly drawn?: Uint8Array;
  truth?: Uint8Array;
  readonly results: Partial<Record<Side, Estimate>>;
}

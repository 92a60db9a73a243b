// What augmentation works on.
import type { RasterImage } from '../images/raster.ts';
import type { Random } from '../random.ts';

export interface Sample {
  /** RGB. */
  readonly image: RasterImage;
  /** One channel, of the image's size. */
  readonly mask: RasterImage;
  readonly prompt: string;
  /** The image shows lesions that the mask leaves out, because the prompt asks for another. */
  readonly partial?: boolean;
}

/** A second sample to compose with, and which of the two the prompt asks for: 0 for the first, 1 for the other. */
export interface Partner {
  readonly sample: Sample;
  readonly asked: 0 | 1;
}

/** A change of a sample. All it draws comes from `random`. Compositions need a partner; without one they change nothing. */
export type Augmentation = (sample: Sample, random: Random, partner?: Partner) => Sample;

// What augmentation works on.
import type { RasterImage } from '../images/raster.ts';
import type { Random } from '../random.ts';

export interface Sample {
  /** RGB. */
  readonly image: RasterImage;
  /** One channel, of the image's size. */
  readonly mask: RasterImage;
  readonly prompt: string;
}

/** A change of a sample. All it draws comes from `random`. */
export type Augmentation = (sample: Sample, random: Random) => Sample;

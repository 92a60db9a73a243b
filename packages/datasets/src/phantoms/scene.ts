// What every modality provides: an anatomy that says where lesions may lie, and a painter.

import type { RasterImage } from '../images/raster.ts';
import type { Random } from '../random.ts';
import type { Lesion, Placing } from './lesions.ts';

export interface Scene extends Placing {
  /** Words for color or brightness, one of which all lesions of a picture share. */
  readonly appearances: readonly string[];
  /** RGB, size x size. `random` draws the texture. */
  readonly paint: (lesions: readonly Lesion[], appearance: string, size: number, random: Random) => RasterImage;
}

/** Draws an anatomy. */
export type SceneMaker = (random: Random) => Scene;

// Whether a lesion is on the other side of the image than its prompt says.
import type { RasterImage } from '../images/raster.ts';
import { type Place, sizeOf } from '../prompts/lesions.ts';

/** Up to this share of a lesion may reach into the named half before the place counts as right. */
const REACHES_OVER = 0.1;

/** Which way a side is from the middle: across (left, right) or down (top, bottom). */
const SIDES = {
  left: { axis: 0, sign: -1 },
  right: { axis: 0, sign: 1 },
  top: { axis: 1, sign: -1 },
  bottom: { axis: 1, sign: 1 },
} as const;

/**
 * Whether the foreground is in the half of the image opposite to a side that a place names: its center of mass is there, and at least nine
 * tenths of its pixels are. A large lesion that crosses the middle is on both sides, and the center of the image is on none.
 *
 * @param mask one channel; nonzero pixels are foreground
 */
export function isOnOtherSide({ width, height, data }: RasterImage, place: Place): boolean {
  return place.split(' ').some((word) => {
    const side = SIDES[word as keyof typeof SIDES];
    if (!side) return false;
    const length = side.axis === 0 ? width : height;
    let [pixels, within, distance] = [0, 0, 0];
    for (let i = 0; i < data.length; i++) {
      if (data[i] === 0) continue;
      // Twice the distance of the pixel's center from the middle line, above 0 in the named half.
      const from = side.sign * (2 * (side.axis === 0 ? i % width : Math.floor(i / width)) + 1 - length);
      pixels++;
      distance += from;
      if (from >= 0) within++;
    }
    const isLarge = sizeOf(pixels / data.length) === 'large';
    return pixels > 0 && distance < 0 && within <= (isLarge ? 0 : REACHES_OVER * pixels);
  });
}

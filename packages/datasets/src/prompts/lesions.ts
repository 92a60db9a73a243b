// The lesions of a mask, described in the words of the prompt sheets: number, size, place and shape.
import type { RasterImage } from '../images/raster.ts';
import { type Component, components } from './components.ts';
import { type Outline, outlineOf } from './shape.ts';

export const PLACES = [
  'top left',
  'top',
  'top right',
  'left',
  'center',
  'right',
  'bottom left',
  'bottom',
  'bottom right',
] as const;

/** A cell of the 3x3 grid over the image; left and right are those of the image. */
export type Place = (typeof PLACES)[number];

export const SIZES = ['small', 'medium', 'large'] as const;
export type Size = (typeof SIZES)[number];

export const SHAPES = ['round', 'oval', 'elongated', 'irregular'] as const;
export type Shape = (typeof SHAPES)[number];

/** Boundaries between the words. */
export const LESION_THRESHOLDS = {
  /** Components below this fraction of the image are specks, not lesions: 25 pixels at 224x224. */
  speck: 0.0005,
  /** Smallest fractions of the image of medium and large lesions, where the words of the published Kvasir prompts change. */
  medium: 0.083,
  large: 0.307,
  /** Below this solidity, an outline is irregular. */
  irregular: 0.9,
  /** Smallest ratio of the long to the short axis of oval and elongated lesions. */
  oval: 1.3,
  elongated: 2.2,
} as const;

export interface Lesion extends Outline {
  /** Fraction of the image, 0..1. */
  readonly area: number;
  /** Bounding box in fractions of width and height, 0..1. */
  readonly box: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
  readonly size: Size;
  readonly place: Place;
  readonly shape: Shape;
}

/** Rounding error of a point on a line of the grid. */
const ROUNDING = 1e-9;

/** The grid cell of a point, in fractions of width and height. Points on a grid line belong to the middle cell, so that mirroring commutes. */
export function placeOf(x: number, y: number): Place {
  const third = (v: number) => (v < 1 / 3 - ROUNDING ? 0 : v > 2 / 3 + ROUNDING ? 2 : 1);
  return PLACES[3 * third(y) + third(x)] as Place;
}

export const sizeOf = (area: number): Size =>
  area < LESION_THRESHOLDS.medium ? 'small' : area < LESION_THRESHOLDS.large ? 'medium' : 'large';

export function shapeOf({ elongation, solidity }: Outline): Shape {
  if (solidity < LESION_THRESHOLDS.irregular) return 'irregular';
  if (elongation >= LESION_THRESHOLDS.elongated) return 'elongated';
  return elongation >= LESION_THRESHOLDS.oval ? 'oval' : 'round';
}

function describe(pixels: Component, { width, height }: RasterImage): Lesion {
  let [left, right] = [width, 0];
  for (const at of pixels) {
    left = Math.min(left, at % width);
    right = Math.max(right, (at % width) + 1);
  }
  const top = Math.floor((pixels[0] as number) / width);
  const bottom = Math.floor((pixels.at(-1) as number) / width) + 1;
  const box = { left: left / width, right: right / width, top: top / height, bottom: bottom / height };
  const area = pixels.length / (width * height);
  const outline = outlineOf(pixels, width);
  return {
    ...outline,
    area,
    box,
    size: sizeOf(area),
    // The center of the bounding box, as in the published Kvasir prompts.
    place: placeOf((box.left + box.right) / 2, (box.top + box.bottom) / 2),
    shape: shapeOf(outline),
  };
}

/** The components that are no specks, in reading order of their places, larger first within a place. */
function found(mask: RasterImage): { readonly lesion: Lesion; readonly pixels: Component }[] {
  const least = LESION_THRESHOLDS.speck * mask.width * mask.height;
  return components(mask)
    .filter((pixels) => pixels.length >= least)
    .map((pixels) => ({ lesion: describe(pixels, mask), pixels }))
    .sort(({ lesion: a }, { lesion: b }) => PLACES.indexOf(a.place) - PLACES.indexOf(b.place) || b.area - a.area);
}

/**
 * The lesions of a mask, in reading order of their places, larger first within a place.
 *
 * @param mask one channel; nonzero pixels are foreground
 *
 * @example
 * ```ts
 * for (const { size, shape, place } of findLesions(mask)) console.log(size, shape, place);
 * // small round top left
 * ```
 */
export const findLesions = (mask: RasterImage): Lesion[] => found(mask).map(({ lesion }) => lesion);

/** A lesion with a mask of its own, 0 and 255. */
export interface SeparateLesion {
  readonly lesion: Lesion;
  readonly mask: RasterImage;
}

/** {@link findLesions} with a mask for each. Specks belong to none of them. */
export const separateLesions = (mask: RasterImage): SeparateLesion[] =>
  found(mask).map(({ lesion, pixels }) => {
    const data = new Uint8Array(mask.data.length);
    for (const at of pixels) data[at] = 255;
    return { lesion, mask: { ...mask, data } };
  });

// What a mask shows, in the words of the prompt sheets: how many, how large, where, of what shape.
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

/** A cell of the 3x3 grid over the image; left and right are the image's. */
export type Place = (typeof PLACES)[number];

export const SIZES = ['small', 'medium', 'large'] as const;
export type Size = (typeof SIZES)[number];

export const SHAPES = ['round', 'oval', 'elongated', 'irregular'] as const;
export type Shape = (typeof SHAPES)[number];

/** Where the words begin and end. */
export const THRESHOLDS = {
  /** Parts below this share of the image are specks, not findings: 25 pixels at 224x224. */
  speck: 0.0005,
  /** Shares of the image from which on a finding is medium and large. The published Kvasir words change here. */
  medium: 0.083,
  large: 0.307,
  /** Below this solidity the outline has dents: irregular. */
  irregular: 0.9,
  /** Long over short axis from which on a finding is oval and elongated. */
  oval: 1.3,
  elongated: 2.2,
} as const;

export interface Finding extends Outline {
  /** Share of the image, 0..1. */
  readonly area: number;
  /** Bounding box in shares of width and height, 0..1. */
  readonly box: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
  readonly size: Size;
  readonly place: Place;
  readonly shape: Shape;
}

/** What rounding may add to a share that lies on a line of the grid. */
const ROUNDING = 1e-9;

/** The grid cell of a point, given in shares of width and height. On a line of the grid it is the middle one, so that mirroring commutes. */
export function placeOf(x: number, y: number): Place {
  const third = (v: number) => (v < 1 / 3 - ROUNDING ? 0 : v > 2 / 3 + ROUNDING ? 2 : 1);
  return PLACES[3 * third(y) + third(x)] as Place;
}

export const sizeOf = (area: number): Size =>
  area < THRESHOLDS.medium ? 'small' : area < THRESHOLDS.large ? 'medium' : 'large';

export function shapeOf({ elongation, solidity }: Outline): Shape {
  if (solidity < THRESHOLDS.irregular) return 'irregular';
  if (elongation >= THRESHOLDS.elongated) return 'elongated';
  return elongation >= THRESHOLDS.oval ? 'oval' : 'round';
}

function describe(pixels: Component, { width, height }: RasterImage): Finding {
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
    // The middle of the bounding box: so do the published Kvasir prompts place a polyp.
    place: placeOf((box.left + box.right) / 2, (box.top + box.bottom) / 2),
    shape: shapeOf(outline),
  };
}

/**
 * The findings of a mask, in reading order of their places, larger first within a place.
 *
 * @param mask one channel; what is not 0 is foreground
 */
export function findings(mask: RasterImage): Finding[] {
  const least = THRESHOLDS.speck * mask.width * mask.height;
  return components(mask)
    .filter((pixels) => pixels.length >= least)
    .map((pixels) => describe(pixels, mask))
    .sort((a, b) => PLACES.indexOf(a.place) - PLACES.indexOf(b.place) || b.area - a.area);
}

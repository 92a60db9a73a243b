// Layers over an image, as RGBA pixels. Pure functions of maps; pixels without content are transparent.
import { type Color, OVERLAY_COLORS } from 'medclipseg/images';
import { ERRORS, SCALES, type Scale } from './colors.ts';

/** Pixels in the layout of `ImageData`. */
export type Rgba = Uint8ClampedArray<ArrayBuffer>;

const paint = (out: Rgba, i: number, [red, green, blue]: Color, alpha: number): void => {
  out[4 * i] = red;
  out[4 * i + 1] = green;
  out[4 * i + 2] = blue;
  out[4 * i + 3] = alpha;
};

/** The mask in one opaque color. The page sets the opacity in CSS, without redrawing. */
export function tintLayer(mask: Uint8Array, color: Color = OVERLAY_COLORS.foreground): Rgba {
  const out = new Uint8ClampedArray(4 * mask.length);
  for (let i = 0; i < mask.length; i++) if (mask[i]) paint(out, i, color, 255);
  return out;
}

/** Half the width of an outline on a layer, in pixels. @param longer the layer's longer side */
export const outlineReach = (longer: number): number => Math.max(1, Math.round(longer / 360));

/** Pixels within `reach` of the mask's border on either side: 1 inside, 2 outside. */
export function borderOf(mask: Uint8Array, width: number, height: number, reach: number): Uint8Array {
  const near = new Uint8Array(mask.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const here = mask[i];
      const differs = (x + 1 < width && mask[i + 1] !== here) || (y + 1 < height && mask[i + width] !== here);
      if (!differs) continue;
      for (let v = Math.max(0, y - reach + 1); v <= Math.min(height - 1, y + reach); v++)
        for (let u = Math.max(0, x - reach + 1); u <= Math.min(width - 1, x + reach); u++)
          near[v * width + u] = mask[v * width + u] ? 1 : 2;
    }
  return near;
}

/** A bright line inside the mask and a dark one around it, visible on any tissue. */
export function outlineLayer(mask: Uint8Array, width: number, height: number, reach: number): Rgba {
  const out = new Uint8ClampedArray(4 * mask.length);
  borderOf(mask, width, height, reach).forEach((side, i) => {
    if (side === 1) paint(out, i, OVERLAY_COLORS.outline, 255);
    else if (side === 2) paint(out, i, OVERLAY_COLORS.shadow, 170);
  });
  return out;
}

/** A map in color. Values from `minimum` to `maximum` use the whole scale. */
export function mapLayer(map: Float32Array, scale: Scale, minimum: number, maximum: number): Rgba {
  const colors = SCALES[scale];
  const out = new Uint8ClampedArray(4 * map.length);
  const steps = 255 / (maximum - minimum);
  for (let i = 0; i < map.length; i++) {
    const step = Math.max(0, Math.min(255, Math.round(((map[i] as number) - minimum) * steps)));
    out[4 * i] = colors[3 * step] as number;
    out[4 * i + 1] = colors[3 * step + 1] as number;
    out[4 * i + 2] = colors[3 * step + 2] as number;
    out[4 * i + 3] = 255;
  }
  return out;
}

/** Negative values in one color, positive in another; larger differences are more opaque. @param map values from -1 to 1 */
export function differenceLayer(map: Float32Array): Rgba {
  const out = mapLayer(map, 'balance', -1, 1);
  for (let i = 0; i < map.length; i++) out[4 * i + 3] = 255 * Math.min(1, 0.12 + 1.5 * Math.abs(map[i] as number));
  return out;
}

/** True positives, false negatives and false positives of a mask. */
export function errorLayer(mask: Uint8Array, truth: Uint8Array): Rgba {
  const out = new Uint8ClampedArray(4 * mask.length);
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] && truth[i]) paint(out, i, ERRORS.right, 110);
    else if (truth[i]) paint(out, i, ERRORS.missed, 220);
    else if (mask[i]) paint(out, i, ERRORS.excess, 220);
  }
  return out;
}

/** RGB pixels as opaque RGBA. */
export function rgbaOf(rgb: Uint8Array): Rgba {
  const out = new Uint8ClampedArray((rgb.length / 3) * 4);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    out[to] = rgb[from] as number;
    out[to + 1] = rgb[from + 1] as number;
    out[to + 2] = rgb[from + 2] as number;
    out[to + 3] = 255;
  }
  return out;
}

// Results as color images. Free of tfjs.
import type { RasterImage } from '@medclipseg/datasets';
import { ArgumentError } from './errors.ts';
import { type SegmentImage, toRgb } from './segment-inputs.ts';
import type { LabelMap, Segmentation } from './segmentation.ts';
import { MAXIMUM_ENTROPY } from './uncertainty.ts';

export type Color = readonly [red: number, green: number, blue: number];

/** Scale of the uncertainty: dark to bright in perceptually even steps, readable in gray and with most kinds of color blindness. */
export const UNCERTAINTY_COLORS: readonly Color[] = [
  [8, 8, 30],
  [62, 18, 96],
  [134, 36, 108],
  [207, 66, 82],
  [246, 128, 48],
  [252, 253, 191],
];

/** Colors of a mask over its image. */
export const OVERLAY_COLORS = {
  foreground: [0, 200, 170],
  outline: [255, 255, 255],
  /** Around the outline, so that it stays visible on bright tissue. */
  shadow: [10, 20, 20],
} as const satisfies Record<string, Color>;

/** The color of a value in 0..1 on a scale whose colors have equal distances. */
export function colorAt(scale: readonly Color[], value: number): Color {
  const at = Math.min(1, Math.max(0, value)) * (scale.length - 1);
  const low = Math.min(Math.floor(at), scale.length - 2);
  const [a, b] = [scale[low] as Color, scale[low + 1] as Color];
  const mix = (c: 0 | 1 | 2) => Math.round(a[c] + (b[c] - a[c]) * (at - low));
  return [mix(0), mix(1), mix(2)];
}

/** The uncertainty in color, on the fixed scale 0 to ln 2, so that images can be compared. */
export function uncertaintyImage({
  width,
  height,
  uncertainty,
}: Pick<Segmentation, 'width' | 'height' | 'uncertainty'>): RasterImage {
  const data = new Uint8Array(width * height * 3);
  const steps = UNCERTAINTY_COLORS.length - 1;
  for (let i = 0, to = 0; i < uncertainty.length; i++, to += 3) {
    // As `colorAt`, without an array per pixel.
    const at = Math.min(1, Math.max(0, (uncertainty[i] as number) / MAXIMUM_ENTROPY)) * steps;
    const low = Math.min(Math.floor(at), steps - 1);
    const [a, b] = [UNCERTAINTY_COLORS[low] as Color, UNCERTAINTY_COLORS[low + 1] as Color];
    for (let c = 0; c < 3; c++)
      data[to + c] = Math.round((a[c] as number) + ((b[c] as number) - (a[c] as number)) * (at - low));
  }
  return { width, height, channels: 3, data };
}

/** The image with each region tinted and outlined, so that the tissue stays visible. */
function painted(image: SegmentImage, labels: ArrayLike<number>, colorOf: (label: number) => Color): RasterImage {
  const { width, height, data: original } = toRgb(image);
  if (labels.length !== width * height)
    throw new ArgumentError(
      'mask',
      `${width}x${height} pixels, as its image`,
      `${labels.length}`,
      'Resize one of them.',
    );
  const data = Uint8Array.from(original);
  const paint = (i: number, color: Color, opacity: number) => {
    for (let c = 0; c < 3; c++)
      data[3 * i + c] = Math.round((data[3 * i + c] as number) * (1 - opacity) + (color[c] as number) * opacity);
  };
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const here = labels[i] as number;
      // Outside the image there is background.
      const border =
        (x > 0 ? labels[i - 1] : 0) !== here ||
        (x < width - 1 ? labels[i + 1] : 0) !== here ||
        (y > 0 ? labels[i - width] : 0) !== here ||
        (y < height - 1 ? labels[i + width] : 0) !== here;
      if (here && border) paint(i, OVERLAY_COLORS.outline, 0.95);
      else if (here) paint(i, colorOf(here), 0.3);
      else if (border) paint(i, OVERLAY_COLORS.shadow, 0.6);
    }
  return { width, height, channels: 3, data };
}

/** The image with the mask over it. */
export const overlayImage = (image: SegmentImage, { mask }: Pick<Segmentation, 'mask'>): RasterImage =>
  painted(image, mask, () => OVERLAY_COLORS.foreground);

/** Colors of classes, starting with label 1; they repeat after the last. */
export const CLASS_COLORS: readonly Color[] = [
  OVERLAY_COLORS.foreground,
  [230, 159, 0],
  [86, 130, 255],
  [213, 60, 60],
  [204, 121, 207],
  [240, 228, 66],
  [120, 200, 80],
  [150, 110, 70],
];

/** The image with each class in a color of its own. */
export const labelImage = (image: SegmentImage, { labels }: Pick<LabelMap, 'labels'>): RasterImage =>
  painted(image, labels, (label) => CLASS_COLORS[(label - 1) % CLASS_COLORS.length] as Color);

const GAP = 8;
const BACKGROUND = 255;

/** Arranges RGB images of one size in rows on white, with a gap around each. @throws {ArgumentError} for other images */
export function sideBySide(rows: readonly (readonly RasterImage[])[]): RasterImage {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const { width: across = 0, height: down = 0 } = rows[0]?.[0] ?? {};
  for (const image of rows.flat())
    if (image.width !== across || image.height !== down || image.channels !== 3)
      throw new ArgumentError(
        'images',
        `RGB images of ${across}x${down} pixels, as the first`,
        `${image.width}x${image.height} of ${image.channels} channels`,
        'Resize them.',
      );
  const width = GAP + columns * (across + GAP);
  const height = GAP + rows.length * (down + GAP);
  const data = new Uint8Array(width * height * 3).fill(BACKGROUND);
  for (const [i, row] of rows.entries())
    for (const [j, { data: pixels }] of row.entries()) {
      const [left, top] = [GAP + j * (across + GAP), GAP + i * (down + GAP)];
      for (let y = 0; y < down; y++) {
        const line = pixels.subarray(3 * y * across, 3 * (y + 1) * across);
        data.set(line, 3 * ((top + y) * width + left));
      }
    }
  return { width, height, channels: 3, data };
}

// Pictures of results, as RGB pixels.
import type { RasterImage } from '@medclipseg/datasets';
import type { LabelMap } from './label-map.ts';
import type { Segmentation } from './restore.ts';
import { MAXIMUM_ENTROPY } from './uncertainty.ts';

type Color = readonly [number, number, number];

/** Dark for sure, bright for unsure; equal steps look equally far apart. */
const HEAT: readonly Color[] = [
  [8, 8, 30],
  [62, 18, 96],
  [134, 36, 108],
  [207, 66, 82],
  [246, 128, 48],
  [252, 253, 191],
];

const TINT: Color = [0, 200, 170];
const OUTLINE: Color = [255, 255, 255];
const SHADOW: Color = [10, 20, 20];

function heat(value: number): Color {
  const at = Math.min(1, Math.max(0, value)) * (HEAT.length - 1);
  const low = Math.min(Math.floor(at), HEAT.length - 2);
  const [a, b] = [HEAT[low] as Color, HEAT[low + 1] as Color];
  return [0, 1, 2].map((c) =>
    Math.round((a[c] as number) + ((b[c] as number) - (a[c] as number)) * (at - low)),
  ) as unknown as Color;
}

/** The uncertainty in color, on the fixed scale 0 to ln 2: pictures can be compared. */
export function uncertaintyPicture({
  width,
  height,
  uncertainty,
}: Pick<Segmentation, 'width' | 'height' | 'uncertainty'>): RasterImage {
  const data = new Uint8Array(width * height * 3);
  uncertainty.forEach((u, i) => {
    data.set(heat(u / MAXIMUM_ENTROPY), 3 * i);
  });
  return { width, height, channels: 3, data };
}

/** The image with each region tinted and outlined, so that the tissue below stays visible. */
function painted(image: RasterImage, labels: ArrayLike<number>, colorOf: (label: number) => Color): RasterImage {
  const { width, height } = image;
  const data = Uint8Array.from(image.data);
  const labelAt = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height ? (labels[y * width + x] as number) : 0;
  const paint = (i: number, color: Color, opacity: number) => {
    for (let c = 0; c < 3; c++)
      data[3 * i + c] = Math.round((data[3 * i + c] as number) * (1 - opacity) + (color[c] as number) * opacity);
  };
  const around = [
    [-1, 0],
    [1, 0],
    [0, -1],
    [0, 1],
  ] as const;
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const here = labelAt(x, y);
      const border = around.some(([dx, dy]) => labelAt(x + dx, y + dy) !== here);
      if (here && border) paint(i, OUTLINE, 0.95);
      else if (here) paint(i, colorOf(here), 0.3);
      // A dark line outside the bright one keeps the outline visible on bright tissue.
      else if (border) paint(i, SHADOW, 0.6);
    }
  return { width, height, channels: 3, data };
}

/** The image with the mask on it. */
export const overlayPicture = (image: RasterImage, { mask }: Pick<Segmentation, 'mask'>): RasterImage =>
  painted(image, mask, () => TINT);

/** The colors in which classes are shown, beginning with label 1; they come again after the last. */
export const CLASS_COLORS: readonly Color[] = [
  TINT,
  [230, 159, 0],
  [86, 130, 255],
  [213, 60, 60],
  [204, 121, 207],
  [240, 228, 66],
  [120, 200, 80],
  [150, 110, 70],
];

/** The image with each class in a color of its own. */
export const labelPicture = (image: RasterImage, { labels }: Pick<LabelMap, 'labels'>): RasterImage =>
  painted(image, labels, (label) => CLASS_COLORS[(label - 1) % CLASS_COLORS.length] as Color);

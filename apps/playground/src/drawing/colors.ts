// Color scales and colors of layers. Each kind of map has a fixed scale, so that images can be compared.
import { type Color, colorAt, OVERLAY_COLORS, UNCERTAINTY_COLORS } from 'medclipseg/images';

/** Negative, zero, positive: purple and green, since blue and orange mean errors. Distinct with most kinds of color blindness. */
const BALANCE: readonly Color[] = [
  [150, 70, 190],
  [128, 128, 128],
  [60, 160, 70],
];

/** Where the mask and the ground truth agree and differ. Blue and orange are distinct with most kinds of color blindness. */
export const ERRORS = {
  right: OVERLAY_COLORS.foreground,
  missed: [64, 128, 255],
  excess: [255, 140, 26],
} as const satisfies Record<string, Color>;

/** A lookup table of 256 colors, packed as RGB. */
const table = (scale: readonly Color[]): Uint8Array =>
  Uint8Array.from(Array.from({ length: 256 }, (_, i) => colorAt(scale, i / 255)).flat());

export const SCALES = { heat: table(UNCERTAINTY_COLORS), balance: table(BALANCE) } as const;
export type Scale = keyof typeof SCALES;

/** Stops of a scale for a CSS gradient, from 0 to 1. */
export const scaleStops = (scale: Scale): string =>
  (scale === 'heat' ? UNCERTAINTY_COLORS : BALANCE).map((color) => `rgb(${color.join(' ')})`).join(', ');

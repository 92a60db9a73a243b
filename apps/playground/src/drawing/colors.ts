// Color scales. Each kind of map has a fixed one, so that images can be compared.

export type Color = readonly [red: number, green: number, blue: number];

/** Dark to bright in perceptually even steps, readable in gray and with most kinds of color blindness; same as the command line's. */
const HEAT: readonly Color[] = [
  [8, 8, 30],
  [62, 18, 96],
  [134, 36, 108],
  [207, 66, 82],
  [246, 128, 48],
  [252, 253, 191],
];

/** Negative, zero, positive. */
const BALANCE: readonly Color[] = [
  [46, 107, 230],
  [128, 128, 128],
  [240, 132, 32],
];

export const TINT: Color = [0, 200, 170];
export const OUTLINE: Color = [255, 255, 255];
export const SHADOW: Color = [10, 20, 20];

/** Where the mask and the ground truth agree and differ. Blue and orange are distinct with most kinds of color blindness. */
export const ERRORS = {
  right: [0, 200, 170],
  missed: [64, 128, 255],
  excess: [255, 140, 26],
} as const satisfies Record<string, Color>;

const STEPS = 256;

/** A lookup table of 256 colors, packed as RGB. */
function table(stops: readonly Color[]): Uint8Array {
  const out = new Uint8Array(3 * STEPS);
  for (let i = 0; i < STEPS; i++) {
    const at = (i / (STEPS - 1)) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    const [a, b] = [stops[low] as Color, stops[low + 1] as Color];
    for (let c = 0; c < 3; c++)
      out[3 * i + c] = Math.round((a[c] as number) + ((b[c] as number) - (a[c] as number)) * (at - low));
  }
  return out;
}

export const SCALES = { heat: table(HEAT), balance: table(BALANCE) } as const;
export type Scale = keyof typeof SCALES;

/** Stops of a scale for a CSS gradient, from 0 to 1. */
export const scaleStops = (scale: Scale): string =>
  (scale === 'heat' ? HEAT : BALANCE).map((color) => `rgb(${color.join(' ')})`).join(', ');

// The eight symmetries of a square picture, and what each does to the words of place in its prompt.
import type { RasterImage } from './images/raster.ts';

/** First transposed (mirrored at the falling diagonal), then mirrored left to right, then top to bottom. */
export interface Symmetry {
  readonly transpose: boolean;
  readonly acrossX: boolean;
  readonly acrossY: boolean;
}

/** All eight, the identity first. */
export const SYMMETRIES: readonly Symmetry[] = [false, true].flatMap((transpose) =>
  [false, true].flatMap((acrossY) => [false, true].map((acrossX) => ({ transpose, acrossX, acrossY }))),
);

/** For each pixel of the turned square, the pixel of the original it shows. */
function sources(size: number, { transpose, acrossX, acrossY }: Symmetry): Uint32Array {
  const from = new Uint32Array(size * size);
  for (let y = 0, i = 0; y < size; y++)
    for (let x = 0; x < size; x++, i++) {
      const u = acrossX ? size - 1 - x : x;
      const v = acrossY ? size - 1 - y : y;
      from[i] = transpose ? u * size + v : v * size + u;
    }
  return from;
}

/** The picture as the symmetry shows it. @param image square */
export function turnImage(image: RasterImage, symmetry: Symmetry): RasterImage {
  const { width, height, channels, data } = image;
  if (width !== height)
    throw new RangeError(`symmetry: expected a square picture, got ${width}x${height}. Resize it first.`);
  const out = new Uint8Array(data.length);
  sources(width, symmetry).forEach((source, i) => {
    for (let c = 0; c < channels; c++) out[i * channels + c] = data[source * channels + c] as number;
  });
  return { ...image, data: out };
}

/** A map [size · size] of the turned picture, brought back to the original. */
export function turnBack(map: Float32Array, size: number, symmetry: Symmetry): Float32Array {
  const out = new Float32Array(map.length);
  sources(size, symmetry).forEach((source, i) => {
    out[source] = map[i] as number;
  });
  return out;
}

const VERTICAL = ['top', 'bottom', 'upper', 'lower'] as const;
type Vertical = (typeof VERTICAL)[number];
type Horizontal = 'left' | 'right';

const ACROSS_Y: Readonly<Record<Vertical, Vertical>> = { top: 'bottom', bottom: 'top', upper: 'lower', lower: 'upper' };
const ACROSS_X: Readonly<Record<Horizontal, Horizontal>> = { left: 'right', right: 'left' };

const isHigh = (word: Vertical) => word === 'top' || word === 'upper';
const horizontalOf = (word: Vertical): Horizontal => (isHigh(word) ? 'left' : 'right');
/** In the manner of another vertical word: `upper` and `lower`, or `top` and `bottom`. */
const verticalOf = (word: Horizontal, like: Vertical = 'top'): Vertical => {
  const [high, low] =
    like === 'upper' || like === 'lower' ? (['upper', 'lower'] as const) : (['top', 'bottom'] as const);
  return word === 'left' ? high : low;
};

const likeCase = (word: string, model: string) =>
  model[0] === model[0]?.toUpperCase() ? `${word[0]?.toUpperCase()}${word.slice(1)}` : word;

const PLACE = /\b(?:(top|bottom|upper|lower)(?:([ -])(left|right))?|(left|right))\b/gi;

/** A prompt whose words of place (top, bottom, upper, lower, left, right) say where things are in the turned picture. */
export const turnPrompt = (prompt: string, { transpose, acrossX, acrossY }: Symmetry): string =>
  prompt.replace(PLACE, (phrase, v?: string, joint?: string, h?: string, alone?: string) => {
    let vertical = v?.toLowerCase() as Vertical | undefined;
    let horizontal = (h ?? alone)?.toLowerCase() as Horizontal | undefined;
    if (transpose)
      [vertical, horizontal] = [horizontal && verticalOf(horizontal, vertical), vertical && horizontalOf(vertical)];
    if (acrossX && horizontal) horizontal = ACROSS_X[horizontal];
    if (acrossY && vertical) vertical = ACROSS_Y[vertical];
    return likeCase([vertical, horizontal].filter(Boolean).join(joint ?? ' '), phrase);
  });

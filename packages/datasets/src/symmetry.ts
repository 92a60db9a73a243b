// The eight symmetries of a square image, and what each does to the place words of its prompt.
import { ArgumentError } from './errors.ts';
import type { RasterImage } from './images/raster.ts';

/** Applied in this order: transposition (mirroring at the main diagonal), left-right mirroring, top-bottom mirroring. */
export interface Symmetry {
  readonly transpose: boolean;
  /** Mirrors left and right. */
  readonly acrossX: boolean;
  /** Mirrors top and bottom. */
  readonly acrossY: boolean;
}

/** All eight, the identity first. */
export const SYMMETRIES: readonly Symmetry[] = [false, true].flatMap((transpose) =>
  [false, true].flatMap((acrossY) => [false, true].map((acrossX) => ({ transpose, acrossX, acrossY }))),
);

/** For each pixel of the transformed square, the index of the original pixel. */
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

/** The image transformed by a symmetry. @param image square */
export function applySymmetry(image: RasterImage, symmetry: Symmetry): RasterImage {
  const { width, height, channels, data } = image;
  if (width !== height) throw new ArgumentError('symmetry', 'a square image', `${width}x${height}`, 'Resize it first.');
  const out = new Uint8Array(data.length);
  sources(width, symmetry).forEach((source, i) => {
    for (let c = 0; c < channels; c++) out[i * channels + c] = data[source * channels + c] as number;
  });
  return { ...image, data: out };
}

/** A map [size · size] of the transformed image, mapped back to the original. */
export function invertSymmetry(map: Float32Array, size: number, symmetry: Symmetry): Float32Array {
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
/** The vertical word in the style of another: `upper` and `lower`, or `top` and `bottom`. */
const verticalOf = (word: Horizontal, like: Vertical = 'top'): Vertical => {
  const [high, low] =
    like === 'upper' || like === 'lower' ? (['upper', 'lower'] as const) : (['top', 'bottom'] as const);
  return word === 'left' ? high : low;
};

const likeCase = (word: string, model: string) =>
  model[0] === model[0]?.toUpperCase() ? `${word[0]?.toUpperCase()}${word.slice(1)}` : word;

const PLACE = /\b(?:(top|bottom|upper|lower)(?:([ -])(left|right))?|(left|right))\b/gi;

/** The prompt with its place words (top, bottom, upper, lower, left, right) changed to match the transformed image. */
export const applySymmetryToPrompt = (prompt: string, { transpose, acrossX, acrossY }: Symmetry): string =>
  prompt.replace(PLACE, (phrase, v?: string, joint?: string, h?: string, alone?: string) => {
    let vertical = v?.toLowerCase() as Vertical | undefined;
    let horizontal = (h ?? alone)?.toLowerCase() as Horizontal | undefined;
    if (transpose)
      [vertical, horizontal] = [horizontal && verticalOf(horizontal, vertical), vertical && horizontalOf(vertical)];
    if (acrossX && horizontal) horizontal = ACROSS_X[horizontal];
    if (acrossY && vertical) vertical = ACROSS_Y[vertical];
    return likeCase([vertical, horizontal].filter(Boolean).join(joint ?? ' '), phrase);
  });

// Resizing a map of numbers.

interface Tap {
  readonly low: number;
  readonly high: number;
  readonly share: number;
}

type Interpolation = 'bilinear' | 'nearest';

const taps: Readonly<Record<Interpolation, (from: number, to: number) => Tap[]>> = {
  /** With half-pixel centers. */
  bilinear: (from, to) =>
    Array.from({ length: to }, (_, i) => {
      const position = Math.max(0, ((i + 0.5) * from) / to - 0.5);
      const low = Math.min(Math.floor(position), from - 1);
      return { low, high: Math.min(low + 1, from - 1), share: position - low };
    }),
  /** The pixel that contains the corner of the new one, as OpenCV's INTER_NEAREST. */
  nearest: (from, to) =>
    Array.from({ length: to }, (_, i) => {
      const low = Math.min(Math.floor((i * from) / to), from - 1);
      return { low, high: low, share: 0 };
    }),
};

/** A row-major map of one size, [width, height], at another. */
export function resizeMap(
  map: Float32Array,
  [fromWidth, fromHeight]: readonly [number, number],
  [width, height]: readonly [number, number],
  interpolation: Interpolation = 'bilinear',
): Float32Array {
  const [columns, rows] = [taps[interpolation](fromWidth, width), taps[interpolation](fromHeight, height)];
  const out = new Float32Array(width * height);
  /** A row of the map, mixed across. */
  const mixAcross = (row: number, mixed: Float64Array) => {
    const at = row * fromWidth;
    for (let x = 0; x < width; x++) {
      const { low, high, share } = columns[x] as Tap;
      const a = map[at + low] as number;
      mixed[x] = a + ((map[at + high] as number) - a) * share;
    }
  };
  let [top, bottom] = [new Float64Array(width), new Float64Array(width)];
  let [topRow, bottomRow] = [-1, -1];
  for (const [y, { low, high, share }] of rows.entries()) {
    // The lower row is often the next upper one.
    if (low === bottomRow) [top, bottom, topRow, bottomRow] = [bottom, top, bottomRow, topRow];
    if (low !== topRow) mixAcross(low, top);
    if (high !== bottomRow) mixAcross(high, bottom);
    [topRow, bottomRow] = [low, high];
    for (let x = 0, at = y * width; x < width; x++, at++) {
      const upper = top[x] as number;
      out[at] = upper + ((bottom[x] as number) - upper) * share;
    }
  }
  return out;
}

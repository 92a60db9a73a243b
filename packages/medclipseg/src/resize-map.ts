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
  /** The pixel in which the corner of the new one lies, as OpenCV's INTER_NEAREST. */
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
  rows.forEach(({ low, high, share: down }, y) => {
    columns.forEach((column, x) => {
      const mix = (row: number) => {
        const a = map[row * fromWidth + column.low] as number;
        return a + ((map[row * fromWidth + column.high] as number) - a) * column.share;
      };
      const top = mix(low);
      out[y * width + x] = top + (mix(high) - top) * down;
    });
  });
  return out;
}

// Bilinear resizing of a map of numbers, with half-pixel centres.

interface Tap {
  readonly low: number;
  readonly high: number;
  readonly share: number;
}

const taps = (from: number, to: number): Tap[] =>
  Array.from({ length: to }, (_, i) => {
    const position = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const low = Math.min(Math.floor(position), from - 1);
    return { low, high: Math.min(low + 1, from - 1), share: position - low };
  });

/** [fromHeight · fromWidth] → [height · width]. */
export function resizeMap(
  map: Float32Array,
  fromWidth: number,
  fromHeight: number,
  width: number,
  height: number,
): Float32Array {
  const [columns, rows] = [taps(fromWidth, width), taps(fromHeight, height)];
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

// The connected components of a mask.
import type { RasterImage } from '../images/raster.ts';

/** The pixels of a connected component: ascending row-major indices. */
export type Component = readonly number[];

/**
 * The 8-connected components of the nonzero pixels, in reading order of their first pixel.
 *
 * @param mask one channel
 */
export function components({ width, height, data }: RasterImage): Component[] {
  const seen = new Uint8Array(data.length);
  const found: Component[] = [];
  const stack: number[] = [];
  for (let start = 0; start < data.length; start++) {
    if (data[start] === 0 || seen[start]) continue;
    const pixels: number[] = [];
    seen[start] = 1;
    stack.push(start);
    while (stack.length > 0) {
      const at = stack.pop() as number;
      pixels.push(at);
      const [x, y] = [at % width, Math.floor(at / width)];
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++)
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const next = v * width + u;
          if (data[next] === 0 || seen[next]) continue;
          seen[next] = 1;
          stack.push(next);
        }
    }
    found.push(pixels.sort((a, b) => a - b));
  }
  return found;
}

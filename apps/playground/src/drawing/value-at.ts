// The value of a map under the pointer.

/** Bilinear, with half-pixel centers, as maps are enlarged. @param x, y shares of width and height, 0 to 1 */
export function valueAt(map: Float32Array, size: number, x: number, y: number): number {
  const [u, v] = [x, y].map((share) => Math.min(size - 1, Math.max(0, share * size - 0.5))) as [number, number];
  const [left, top] = [Math.floor(u), Math.floor(v)];
  const [right, bottom] = [Math.min(size - 1, left + 1), Math.min(size - 1, top + 1)];
  const mix = (row: number) => {
    const [a, b] = [map[row * size + left] as number, map[row * size + right] as number];
    return a + (b - a) * (u - left);
  };
  return mix(top) + (mix(bottom) - mix(top)) * (v - top);
}

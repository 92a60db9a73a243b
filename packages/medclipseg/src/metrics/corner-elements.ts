// The corners at which pixels meet, weighted by how much surface lies there: what surface scores are sums over.
import type { MaskImage } from './mask.ts';

/** Points of the corner lattice, row by row, with their weights. */
export interface CornerElements {
  readonly x: Int32Array;
  readonly y: Int32Array;
  readonly weight: Float64Array;
}

/**
 * The corners of a mask that carry weight. Outside the image is background.
 *
 * @param weights by neighbour code, 16 of them: bit 0 is the pixel above left of the corner, 1 above right, 2 below left, 3 below right
 */
export function cornerElements({ width, height, data }: MaskImage, weights: Float64Array): CornerElements {
  let [x, y, weight] = [new Int32Array(1024), new Int32Array(1024), new Float64Array(1024)];
  let count = 0;
  for (let row = 0; row <= height; row++) {
    const above = (row - 1) * width;
    const below = row * width;
    // The code slides along the row: what was right of the last corner is left of this one.
    let code = 0;
    for (let column = 0; column <= width; column++) {
      code = (code >> 1) & 5;
      if (column < width) {
        if (row > 0 && data[above + column]) code |= 2;
        if (row < height && data[below + column]) code |= 8;
      }
      if (code === 0) continue;
      const w = weights[code] as number;
      if (w === 0) continue;
      if (count === x.length) [x, y, weight] = [grown(x), grown(y), grown(weight)];
      x[count] = column;
      y[count] = row;
      weight[count++] = w;
    }
  }
  return { x: x.subarray(0, count), y: y.subarray(0, count), weight: weight.subarray(0, count) };
}

function grown<T extends Int32Array | Float64Array>(values: T): T {
  const larger = new (values.constructor as new (length: number) => T)(2 * values.length);
  larger.set(values);
  return larger;
}

// The corners at which pixels meet, weighted by the surface there: the elements of surface scores.
import type { MaskImage } from './mask.ts';

/** Points of the corner lattice, row by row, with their weights. */
export interface CornerElements {
  readonly x: Int32Array;
  readonly y: Int32Array;
  readonly weight: Float64Array;
}

/** Four pixels of foreground, read as one number. */
const ONES = 0x01010101;

/** The mask between two rows of background, its rows padded to whole groups of four. */
function framed({ width, height, data }: MaskImage, stride: number): Uint8Array {
  const pixels = new Uint8Array(stride * (height + 2));
  if (stride === width) pixels.set(data as Uint8Array, stride);
  else
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++)
        pixels[(row + 1) * stride + column] = data[row * width + column] as number;
  return pixels;
}

/**
 * The corners of a mask that carry weight. Outside the image is background.
 *
 * @param weights by neighbor code, 16 of them: bit 0 is the pixel above left of the corner, 1 above right, 2 below left, 3 below right
 */
export function cornerElements(mask: MaskImage, weights: Float64Array): CornerElements {
  const { width, height } = mask;
  const perRow = (width + 3) >> 2;
  const stride = 4 * perRow;
  const pixels = framed(mask, stride);
  const groups = new Uint32Array(pixels.buffer);
  const insideCounts = weights[15] !== 0;
  let [x, y, weight] = [new Int32Array(1024), new Int32Array(1024), new Float64Array(1024)];
  let count = 0;
  for (let row = 0; row <= height; row++) {
    const above = row * stride;
    const below = above + stride;
    const end = (row + 1) * perRow;
    // The code slides along the row: what was right of the last corner is left of this one.
    let code = 0;
    for (let column = 0; column <= width; column++) {
      const left = code & 10;
      if ((column & 3) === 0 && (left === 0 || (left === 10 && !insideCounts))) {
        // Four corners with only background or only foreground around them have no weight.
        const alike = left === 0 ? 0 : ONES;
        let group = (above + column) >> 2;
        while (group < end && groups[group] === alike && groups[group + perRow] === alike) group++;
        column = 4 * group - above;
        if (column > width) break;
      }
      code = (code >> 1) & 5;
      if (column < width) {
        if (pixels[above + column]) code |= 2;
        if (pixels[below + column]) code |= 8;
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

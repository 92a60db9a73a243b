// The exact Euclidean distance transform, evaluated only at the requested points.
import type { CornerElements } from './corner-elements.ts';
import type { Spacing } from './mask.ts';

/** Row by row, as `cornerElements` returns them. */
export type Points = Pick<CornerElements, 'x' | 'y'>;

export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The smallest rectangle around both sets. */
export function frameOf(a: Points, b: Points): Frame {
  let [left, right] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [top, bottom] = [left, right];
  for (const { x, y } of [a, b]) {
    for (let i = 0; i < x.length; i++) {
      const column = x[i] as number;
      if (column < left) left = column;
      if (column > right) right = column;
    }
    // Rows come in order.
    top = Math.min(top, y[0] as number);
    bottom = Math.max(bottom, y.at(-1) as number);
  }
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Rows to the nearest point of the same column; `none` where the column has no point. */
function columnDistances({ x, y }: Points, { left, top, width, height }: Frame, none: number): Int32Array {
  const rows = new Int32Array(width * height).fill(none);
  for (let i = 0; i < x.length; i++) rows[((y[i] as number) - top) * width + (x[i] as number) - left] = 0;
  for (let i = width; i < rows.length; i++) {
    const further = (rows[i - width] as number) + 1;
    if (further < (rows[i] as number)) rows[i] = further;
  }
  for (let i = rows.length - width - 1; i >= 0; i--) {
    const further = (rows[i + width] as number) + 1;
    if (further < (rows[i] as number)) rows[i] = further;
  }
  return rows;
}

/**
 * Distance of each point of `from` to the nearest one of `to`, in the unit of `spacing`.
 *
 * The first pass finds the nearest point of every column, the second the lower envelope of their parabolas along each requested row
 * (Felzenszwalb & Huttenlocher 2012). Linear in the pixels of the rectangle around both sets.
 */
export function distancesByTransform(
  from: Points,
  to: Points,
  frame: Frame,
  { x: stepX, y: stepY }: Spacing,
): Float64Array {
  const count = from.x.length;
  const distances = new Float64Array(count);
  const { left, top, width, height } = frame;
  const none = 2 * height;
  const rows = columnDistances(to, frame, none);
  // Squared height over the columns in units of stepX², so that the distance of neighboring columns is 1.
  const ratio = (stepY / stepX) ** 2;
  const [hull, start, value] = [new Int32Array(width), new Float64Array(width), new Float64Array(width)];
  for (let i = 0; i < count; ) {
    const row = from.y[i] as number;
    const offset = (row - top) * width;
    let size = 0;
    for (let q = 0; q < width; q++) {
      const distance = rows[offset + q] as number;
      if (distance >= none) continue;
      const f = ratio * distance * distance;
      let begin = Number.NEGATIVE_INFINITY;
      while (size > 0) {
        const v = hull[size - 1] as number;
        begin = (f - (value[size - 1] as number) + (q - v) * (q + v)) / (2 * (q - v));
        if (begin > (start[size - 1] as number)) break;
        begin = Number.NEGATIVE_INFINITY;
        size--;
      }
      hull[size] = q;
      value[size] = f;
      start[size++] = begin;
    }
    for (let k = 0; i < count && from.y[i] === row; i++) {
      const column = (from.x[i] as number) - left;
      while (k + 1 < size && (start[k + 1] as number) < column) k++;
      const across = column - (hull[k] as number);
      distances[i] = stepX * Math.sqrt(across * across + (value[k] as number));
    }
  }
  return distances;
}

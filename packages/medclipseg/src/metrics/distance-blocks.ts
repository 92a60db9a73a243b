// Nearest distances between sparse points; whole blocks are excluded at once.
import type { Frame, Points } from './distance-transform.ts';
import type { Spacing } from './mask.ts';

/** Side of a block in pixels, as a power of two. */
const SHIFT = 4;

/** Points sorted by block. */
export interface Blocks {
  readonly count: number;
  /** Start index of each block, and the end of the last. */
  readonly start: Int32Array;
  /** Index and coordinates of the point at each position. */
  readonly point: Int32Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** The smallest rectangle around the points of each block: left, top, right, bottom. */
  readonly boxes: Float64Array;
}

/** Sorts points into blocks; empty blocks are omitted. */
export function blocksOf({ x: xs, y: ys }: Points, { left, top, width, height }: Frame): Blocks {
  const total = xs.length;
  const across = ((width - 1) >> SHIFT) + 1;
  const cells = across * (((height - 1) >> SHIFT) + 1);
  const cellOf = new Int32Array(total);
  // Number of points per cell; then the next free position in it.
  const next = new Int32Array(cells);
  for (let i = 0; i < total; i++) {
    const cell = (((ys[i] as number) - top) >> SHIFT) * across + (((xs[i] as number) - left) >> SHIFT);
    cellOf[i] = cell;
    next[cell] = (next[cell] as number) + 1;
  }
  const start = new Int32Array(Math.min(cells, total) + 1);
  let count = 0;
  let place = 0;
  for (let cell = 0; cell < cells; cell++) {
    const points = next[cell] as number;
    if (points === 0) continue;
    start[count++] = place;
    next[cell] = place;
    place += points;
  }
  start[count] = total;
  const point = new Int32Array(total);
  const x = new Float64Array(total);
  const y = new Float64Array(total);
  for (let i = 0; i < total; i++) {
    const cell = cellOf[i] as number;
    const at = next[cell] as number;
    next[cell] = at + 1;
    point[at] = i;
    x[at] = xs[i] as number;
    y[at] = ys[i] as number;
  }
  return { count, start, point, x, y, boxes: boxesOf(count, start, x, y) };
}

function boxesOf(count: number, start: Int32Array, x: Float64Array, y: Float64Array): Float64Array {
  const boxes = new Float64Array(4 * count);
  for (let block = 0; block < count; block++) {
    let left = Number.POSITIVE_INFINITY;
    let top = left;
    let right = Number.NEGATIVE_INFINITY;
    let bottom = right;
    for (let i = start[block] as number; i < (start[block + 1] as number); i++) {
      const column = x[i] as number;
      const row = y[i] as number;
      if (column < left) left = column;
      if (column > right) right = column;
      if (row < top) top = row;
      if (row > bottom) bottom = row;
    }
    boxes[4 * block] = left;
    boxes[4 * block + 1] = top;
    boxes[4 * block + 2] = right;
    boxes[4 * block + 3] = bottom;
  }
  return boxes;
}

/** Gap between two intervals; 0 if they overlap. */
const gap = (low: number, high: number, otherLow: number, otherHigh: number) =>
  otherLow > high ? otherLow - high : low > otherHigh ? low - otherHigh : 0;

/** Largest distance between points of two intervals. */
const reach = (low: number, high: number, otherLow: number, otherHigh: number) =>
  Math.max(otherHigh - low, high - otherLow);

/**
 * Distance of each point of `from` to the nearest one of `to`, in the unit of `spacing`.
 *
 * A block of `to` is a candidate for a block of `from` if its lower bound does not exceed the smallest upper bound; a point skips candidates
 * further away than its best distance so far. Exact: differences are between whole numbers, so bounds are rounded as distances are.
 */
export function distancesByBlocks(from: Blocks, to: Blocks, { x: stepX, y: stepY }: Spacing): Float64Array {
  const distances = new Float64Array(from.point.length);
  const bounds = new Float64Array(to.count);
  const near = new Int32Array(to.count);
  const boxes = to.boxes;
  for (let block = 0; block < from.count; block++) {
    const left = from.boxes[4 * block] as number;
    const top = from.boxes[4 * block + 1] as number;
    const right = from.boxes[4 * block + 2] as number;
    const bottom = from.boxes[4 * block + 3] as number;
    let limit = Number.POSITIVE_INFINITY;
    for (let t = 0; t < to.count; t++) {
      const toLeft = boxes[4 * t] as number;
      const toTop = boxes[4 * t + 1] as number;
      const toRight = boxes[4 * t + 2] as number;
      const toBottom = boxes[4 * t + 3] as number;
      const across = gap(left, right, toLeft, toRight) * stepX;
      const down = gap(top, bottom, toTop, toBottom) * stepY;
      bounds[t] = across * across + down * down;
      const furthestAcross = reach(left, right, toLeft, toRight) * stepX;
      const furthestDown = reach(top, bottom, toTop, toBottom) * stepY;
      const furthest = furthestAcross * furthestAcross + furthestDown * furthestDown;
      if (furthest < limit) limit = furthest;
    }
    // Candidates, the nearest first.
    let candidates = 0;
    for (let t = 0; t < to.count; t++) {
      const bound = bounds[t] as number;
      if (bound > limit) continue;
      let at = candidates++;
      for (; at > 0 && (bounds[near[at - 1] as number] as number) > bound; at--) near[at] = near[at - 1] as number;
      near[at] = t;
    }

    // The nearest of the point before is a good first guess.
    let guess = to.start[near[0] as number] as number;
    for (let i = from.start[block] as number; i < (from.start[block + 1] as number); i++) {
      const x = from.x[i] as number;
      const y = from.y[i] as number;
      const guessAcross = ((to.x[guess] as number) - x) * stepX;
      const guessDown = ((to.y[guess] as number) - y) * stepY;
      let best = guessAcross * guessAcross + guessDown * guessDown;
      for (let c = 0; c < candidates; c++) {
        const t = near[c] as number;
        if ((bounds[t] as number) >= best) break;
        const boxAcross = gap(x, x, boxes[4 * t] as number, boxes[4 * t + 2] as number) * stepX;
        const boxDown = gap(y, y, boxes[4 * t + 1] as number, boxes[4 * t + 3] as number) * stepY;
        if (boxAcross * boxAcross + boxDown * boxDown >= best) continue;
        const end = to.start[t + 1] as number;
        for (let j = to.start[t] as number; j < end; j++) {
          const across = ((to.x[j] as number) - x) * stepX;
          const down = ((to.y[j] as number) - y) * stepY;
          const squared = across * across + down * down;
          if (squared < best) {
            best = squared;
            guess = j;
          }
        }
      }
      distances[from.point[i] as number] = Math.sqrt(best);
    }
  }
  return distances;
}

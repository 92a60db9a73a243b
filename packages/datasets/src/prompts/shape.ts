// Measures of the outline of a connected component.
import type { Component } from './components.ts';

export interface Outline {
  /** Ratio of the long to the short axis of the ellipse with the same second moments; 1 for a disk or a square. */
  readonly elongation: number;
  /** Area over the area of the convex hull, 0..1; 1 if convex. */
  readonly solidity: number;
}

type Point = readonly [x: number, y: number];

/** Ratio of the standard deviations along the two principal axes; each pixel counts as a unit square. */
function elongation(pixels: Component, width: number): number {
  let [sx, sy, sxx, syy, sxy] = [0, 0, 0, 0, 0];
  for (const at of pixels) {
    const [x, y] = [at % width, Math.floor(at / width)];
    sx += x;
    sy += y;
    sxx += x * x;
    syy += y * y;
    sxy += x * y;
  }
  const n = pixels.length;
  const [vx, vy, vxy] = [
    sxx / n - (sx / n) ** 2 + 1 / 12,
    syy / n - (sy / n) ** 2 + 1 / 12,
    sxy / n - (sx / n) * (sy / n),
  ];
  const [mean, spread] = [(vx + vy) / 2, Math.hypot((vx - vy) / 2, vxy)];
  return Math.sqrt((mean + spread) / Math.max(mean - spread, 1e-12));
}

/** Corners of the first and last pixel of every row: all that a convex hull needs. */
function rowEnds(pixels: Component, width: number): Point[] {
  const corners: Point[] = [];
  for (let i = 0; i < pixels.length; ) {
    const y = Math.floor((pixels[i] as number) / width);
    const first = i;
    while (i < pixels.length && Math.floor((pixels[i] as number) / width) === y) i++;
    const [left, right] = [(pixels[first] as number) % width, ((pixels[i - 1] as number) % width) + 1];
    corners.push([left, y], [right, y], [left, y + 1], [right, y + 1]);
  }
  return corners.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** Twice the signed area of the triangle o, a, b. */
const cross = (o: Point, a: Point, b: Point): number => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);

/** Area of the convex hull of points sorted by x, then y (Andrew's monotone chain). */
function hullArea(points: readonly Point[]): number {
  const half = (sorted: readonly Point[]): Point[] => {
    const chain: Point[] = [];
    for (const point of sorted) {
      while (chain.length > 1 && cross(chain.at(-2) as Point, chain.at(-1) as Point, point) <= 0) chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  const hull = [...half(points), ...half([...points].reverse())];
  return (
    hull.reduce((sum, [x, y], i) => {
      const [u, v] = hull[(i + 1) % hull.length] as Point;
      return sum + x * v - u * y;
    }, 0) / 2
  );
}

export const outlineOf = (pixels: Component, width: number): Outline => ({
  elongation: elongation(pixels, width),
  solidity: Math.min(1, pixels.length / hullArea(rowEnds(pixels, width))),
});

// A round brush that paints on a mask. A stroke is a chain of line segments, so fast pointer movements leave no gaps.
import type { RasterImage } from '@medclipseg/datasets';
import { isEmpty, type Rectangle, within } from './rectangle.ts';

/** A point in mask pixels; the center of the first pixel is (0.5, 0.5). */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Brush {
  /** In mask pixels. */
  readonly diameter: number;
  readonly erases: boolean;
}

export const INSIDE = 255;
const OUTSIDE = 0;

/** Squared distance of (x, y) from the line segment between two points. */
function squaredDistance(x: number, y: number, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - from.x) * dx + (y - from.y) * dy) / length));
  return (x - from.x - along * dx) ** 2 + (y - from.y - along * dy) ** 2;
}

/** At least half a pixel's diagonal, so that the smallest brush always paints the pixel under the pointer. */
const radiusOf = ({ diameter }: Brush): number => Math.max(diameter / 2, Math.SQRT1_2);

/** The pixels that a line segment may change; undefined outside the image. */
export function segmentBounds(mask: RasterImage, from: Point, to: Point, brush: Brush): Rectangle | undefined {
  const radius = radiusOf(brush);
  const bounds = within(mask, {
    left: Math.floor(Math.min(from.x, to.x) - radius),
    top: Math.floor(Math.min(from.y, to.y) - radius),
    right: Math.ceil(Math.max(from.x, to.x) + radius),
    bottom: Math.ceil(Math.max(from.y, to.y) + radius),
  });
  return isEmpty(bounds) ? undefined : bounds;
}

/** Paints the line segment between two points into the mask. */
export function paintSegment(mask: RasterImage, from: Point, to: Point, brush: Brush): void {
  const bounds = segmentBounds(mask, from, to, brush);
  if (!bounds) return;
  const squaredRadius = radiusOf(brush) ** 2;
  const value = brush.erases ? OUTSIDE : INSIDE;
  for (let y = bounds.top; y < bounds.bottom; y++)
    for (let x = bounds.left; x < bounds.right; x++)
      if (squaredDistance(x + 0.5, y + 0.5, from, to) <= squaredRadius) mask.data[y * mask.width + x] = value;
}

/** Diameters in mask pixels; each step changes them by about a fifth. */
const SMALLEST = 1;
const LARGEST = 256;
const STEP = 1.2;

/** The next larger (+1) or smaller (-1) diameter. */
export function nextDiameter(diameter: number, direction: 1 | -1): number {
  const next = direction > 0 ? Math.ceil(diameter * STEP) : Math.floor(diameter / STEP);
  return Math.min(LARGEST, Math.max(SMALLEST, next));
}

/** The initial diameter: a fifteenth of the image's shorter side. */
export const initialDiameter = ({ width, height }: RasterImage): number =>
  Math.max(SMALLEST, Math.round(Math.min(width, height) / 15));

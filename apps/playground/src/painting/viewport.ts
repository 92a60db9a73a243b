// Zooming and panning of the painted image. The image always stays in view.
import type { Point } from './brush.ts';
import type { Extent } from './rectangle.ts';

/** Maps image pixel (x, y) to (scale·x + left, scale·y + top) of the canvas. */
export interface Viewport {
  readonly scale: number;
  readonly left: number;
  readonly top: number;
}

/** In screen pixels per image pixel. */
const MAXIMUM_SCALE = 16;

const fit = (image: Extent, frame: Extent): number => Math.min(frame.width / image.width, frame.height / image.height);

/** The offset on one axis: a smaller image is centered, a larger one covers the canvas. */
function held(start: number, image: number, frame: number): number {
  const room = frame - image;
  return room >= 0 ? room / 2 : Math.min(0, Math.max(room, start));
}

/** The viewport limited to valid scales and offsets. */
export function bounded({ scale, left, top }: Viewport, image: Extent, frame: Extent): Viewport {
  const minimum = fit(image, frame);
  const used = Math.min(Math.max(MAXIMUM_SCALE, minimum), Math.max(minimum, scale));
  return {
    scale: used,
    left: held(left, used * image.width, frame.width),
    top: held(top, used * image.height, frame.height),
  };
}

/** The whole image. */
export const wholeImage = (image: Extent, frame: Extent): Viewport =>
  bounded({ scale: 0, left: 0, top: 0 }, image, frame);

/** Zooms by a factor about a point of the canvas, which stays in place. */
export function enlarged(view: Viewport, factor: number, at: Point, image: Extent, frame: Extent): Viewport {
  const { scale } = bounded({ ...view, scale: view.scale * factor }, image, frame);
  const by = scale / view.scale;
  return bounded({ scale, left: at.x - by * (at.x - view.left), top: at.y - by * (at.y - view.top) }, image, frame);
}

export const moved = (view: Viewport, dx: number, dy: number, image: Extent, frame: Extent): Viewport =>
  bounded({ ...view, left: view.left + dx, top: view.top + dy }, image, frame);

/** The image point at a point of the canvas. */
export const toImage = ({ scale, left, top }: Viewport, { x, y }: Point): Point => ({
  x: (x - left) / scale,
  y: (y - top) / scale,
});

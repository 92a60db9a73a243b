// Where the painted picture lies on the screen: enlarged about a point, moved, and never lost out of sight.
import type { Point } from './brush.ts';
import type { Extent } from './rectangle.ts';

/** The picture's pixel (x, y) lies at (scale·x + left, scale·y + top) of its window. */
export interface Viewport {
  readonly scale: number;
  readonly left: number;
  readonly top: number;
}

/** Screen pixels per picture pixel at most. */
const CLOSEST = 16;

const fit = (picture: Extent, window: Extent): number =>
  Math.min(window.width / picture.width, window.height / picture.height);

/** One axis: a smaller picture is centered, a larger one covers the window. */
function held(start: number, picture: number, window: number): number {
  const room = window - picture;
  return room >= 0 ? room / 2 : Math.min(0, Math.max(room, start));
}

/** Kept between the whole picture and its closest view. */
export function bounded({ scale, left, top }: Viewport, picture: Extent, window: Extent): Viewport {
  const least = fit(picture, window);
  const used = Math.min(Math.max(CLOSEST, least), Math.max(least, scale));
  return {
    scale: used,
    left: held(left, used * picture.width, window.width),
    top: held(top, used * picture.height, window.height),
  };
}

/** The whole picture. */
export const wholePicture = (picture: Extent, window: Extent): Viewport =>
  bounded({ scale: 0, left: 0, top: 0 }, picture, window);

/** Enlarged by a factor; what lies at the window's point stays there. */
export function enlarged(view: Viewport, factor: number, at: Point, picture: Extent, window: Extent): Viewport {
  const { scale } = bounded({ ...view, scale: view.scale * factor }, picture, window);
  const by = scale / view.scale;
  return bounded({ scale, left: at.x - by * (at.x - view.left), top: at.y - by * (at.y - view.top) }, picture, window);
}

export const moved = (view: Viewport, dx: number, dy: number, picture: Extent, window: Extent): Viewport =>
  bounded({ ...view, left: view.left + dx, top: view.top + dy }, picture, window);

/** The picture's point under a point of the window. */
export const toPicture = ({ scale, left, top }: Viewport, { x, y }: Point): Point => ({
  x: (x - left) / scale,
  y: (y - top) / scale,
});

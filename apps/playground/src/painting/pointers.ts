// Pointer gestures on the canvas: one pointer paints, two touches pan and zoom, the wheel zooms.
import type { Point } from './brush.ts';

export interface Gestures {
  /** Points of a stroke, in device pixels of the canvas. @param erasing the pen's other end or the right mouse button */
  readonly paint: (points: readonly Point[], erasing: boolean) => void;
  readonly end: () => void;
  /** Discards what was painted since the pointer went down. */
  readonly cancel: () => void;
  readonly hover: (at: Point | undefined) => void;
  readonly move: (dx: number, dy: number) => void;
  /** Returns whether that changed anything; otherwise the wheel scrolls the page. */
  readonly zoom: (factor: number, at: Point) => boolean;
}

/** Bits of `PointerEvent.buttons`. */
const [RIGHT, MIDDLE, ERASER] = [2, 4, 32];

/** Keeps a pinch that begins in one point from zooming without bounds. */
const SMALLEST_SPREAD = 1e-3;

const centerOf = (points: readonly Point[]): Point => ({
  x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
  y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
});

const spreadOf = ([a, b]: readonly Point[]): number => (a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 1);

/** In device pixels. */
const inDevicePixels =
  (element: HTMLElement) =>
  ({ clientX, clientY }: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: (clientX - left) * devicePixelRatio, y: (clientY - top) * devicePixelRatio };
  };

/**
 * Follows pointers until the returned function is called.
 *
 * @param at the place of an event in the unit of all gestures; by default in device pixels
 */
export function followPointers(canvas: HTMLElement, gestures: Gestures, at = inDevicePixels(canvas)): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  const down = new Map<number, Point>();
  let mode: 'none' | 'paint' | 'move' = 'none';

  const erasing = ({ buttons }: PointerEvent) => (buttons & (RIGHT | ERASER)) !== 0;

  canvas.addEventListener(
    'pointerdown',
    (event) => {
      canvas.setPointerCapture(event.pointerId);
      down.set(event.pointerId, at(event));
      const moves = down.size > 1 || event.shiftKey || (event.buttons & MIDDLE) !== 0;
      if (moves && mode === 'paint') gestures.cancel();
      mode = moves ? 'move' : 'paint';
      if (mode === 'paint') gestures.hover(at(event));
      if (mode === 'paint') gestures.paint([at(event)], erasing(event));
    },
    { signal },
  );
  canvas.addEventListener(
    'pointermove',
    (event) => {
      const before = [...down.values()];
      const point = at(event);
      gestures.hover(mode === 'move' ? undefined : point);
      if (!down.has(event.pointerId)) return;
      down.set(event.pointerId, point);
      const after = [...down.values()];
      if (mode === 'paint') {
        const points = event.getCoalescedEvents().map(at);
        gestures.paint(points.length > 0 ? points : [point], erasing(event));
      }
      if (mode !== 'move') return;
      const [from, to] = [centerOf(before), centerOf(after)];
      gestures.move(to.x - from.x, to.y - from.y);
      if (after.length > 1) gestures.zoom(spreadOf(after) / Math.max(SMALLEST_SPREAD, spreadOf(before)), to);
    },
    { signal },
  );
  const up = (event: PointerEvent) => {
    if (!down.delete(event.pointerId)) return;
    if (mode === 'paint') gestures.end();
    if (down.size === 0) mode = 'none';
    if (event.pointerType === 'touch') gestures.hover(undefined);
  };
  canvas.addEventListener('pointerup', up, { signal });
  canvas.addEventListener('pointercancel', up, { signal });
  canvas.addEventListener('pointerleave', () => gestures.hover(undefined), { signal });
  canvas.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
  canvas.addEventListener(
    'wheel',
    (event) => {
      // A pinch on a trackpad is a wheel with the Ctrl key, in smaller steps.
      const step = event.deltaY / (event.ctrlKey ? 100 : 500);
      if (gestures.zoom(Math.exp(-Math.min(1, Math.max(-1, step))), at(event))) event.preventDefault();
    },
    { signal, passive: false },
  );
  return () => listening.abort();
}

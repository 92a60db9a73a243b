// Zooming and panning of the image; all screens show the same part. Places and distances are in fractions of a screen.
import { computed, signal } from '@preact/signals';
import type { Point } from '../painting/brush.ts';
import { enlarged, moved, type Viewport, wholeImage } from '../painting/viewport.ts';
import { fileCount } from './image.ts';

const UNIT = { width: 1, height: 1 } as const;
const WHOLE = wholeImage(UNIT, UNIT);

const placed = signal<{ readonly view: Viewport; readonly file: number }>({ view: WHOLE, file: 0 });

/** Other slices of a file keep the place; another file is shown as a whole. */
export const viewport = computed(() => (placed.value.file === fileCount.value ? placed.value.view : WHOLE));
export const isEnlarged = computed(() => viewport.value.scale > 1);

const place = (view: Viewport): void => {
  placed.value = { view, file: fileCount.value };
};

export const showWhole = (): void => place(WHOLE);

/** Zooms about a point of the screen. Returns whether the scale changed. */
export function zoom(factor: number, at: Point = { x: 0.5, y: 0.5 }): boolean {
  const { scale } = viewport.value;
  place(enlarged(viewport.value, factor, at, UNIT, UNIT));
  return viewport.value.scale !== scale;
}

export const move = (dx: number, dy: number): void => place(moved(viewport.value, dx, dy, UNIT, UNIT));

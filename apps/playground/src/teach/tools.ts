// The brush, and where the painted picture lies on the screen.
import { computed, signal } from '@preact/signals';
import { type Brush, firstDiameter, nextDiameter, type Point } from './brush.ts';
import { type Entry, forgetTried, selected } from './entries.ts';
import { emptyMask } from './mask-editor.ts';
import type { Extent } from './rectangle.ts';
import { bounded, enlarged, moved, type Viewport, wholePicture } from './viewport.ts';

const chosenDiameter = signal<number | undefined>(undefined);
export const erases = signal(false);
/** Whether the outline of what the model finds is drawn. */
export const outlineShown = signal(true);

export const diameter = computed(
  () => chosenDiameter.value ?? (selected.value ? firstDiameter(selected.value.editor.mask) : 1),
);

export const setDiameter = (pixels: number): void => {
  chosenDiameter.value = pixels;
};

export const resizeBrush = (direction: 1 | -1): void => setDiameter(nextDiameter(diameter.value, direction));

export const brush = (erasing = erases.value): Brush => ({ diameter: diameter.value, erases: erasing });

/** The canvas in device pixels. */
export const frame = signal<Extent>({ width: 1, height: 1 });
const placed = signal<Viewport | undefined>(undefined);

const pictureOf = (entry: Entry | undefined): Extent => entry?.editor.mask ?? { width: 1, height: 1 };

export const view = computed(() => {
  const picture = pictureOf(selected.value);
  // The window may have changed since.
  return placed.value ? bounded(placed.value, picture, frame.value) : wholePicture(picture, frame.value);
});

export const showAll = (): void => {
  placed.value = undefined;
};

/** Enlarged about a point of the canvas; its middle by default. */
export function zoom(factor: number, at?: Point): void {
  const { width, height } = frame.value;
  placed.value = enlarged(
    view.value,
    factor,
    at ?? { x: width / 2, y: height / 2 },
    pictureOf(selected.value),
    frame.value,
  );
}

export function move(dx: number, dy: number): void {
  placed.value = moved(view.value, dx, dy, pictureOf(selected.value), frame.value);
}

/** Ends what was painted last as one stroke. */
export function endStroke(entry: Entry): void {
  if (entry.editor.end()) changed(entry);
}

/** A mask that was changed has not been tried yet. */
function changed(entry: Entry): void {
  entry.revision.value += 1;
  forgetTried(entry);
}

export function undoStroke(entry: Entry): void {
  if (entry.editor.undo()) changed(entry);
}

export function redoStroke(entry: Entry): void {
  if (entry.editor.redo()) changed(entry);
}

export function clearMask(entry: Entry): void {
  const { width, height } = entry.editor.mask;
  if (entry.editor.replace(emptyMask(width, height))) changed(entry);
}

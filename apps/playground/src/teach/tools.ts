// The brush settings and the viewport.
import { computed, signal } from '@preact/signals';
import { type Brush, initialDiameter, nextDiameter, type Point } from '../painting/brush.ts';
import { emptyMask, maskFrom } from '../painting/mask-editor.ts';
import type { Extent } from '../painting/rectangle.ts';
import { bounded, enlarged, moved, type Viewport, wholeImage } from '../painting/viewport.ts';
import { ask, images } from '../state/image.ts';
import { notifyError } from '../state/notices.ts';
import type { TruthOptions } from '../worker/protocol.ts';
import { discardResults, type Entry, selected } from './entries.ts';

const chosenDiameter = signal<number | undefined>(undefined);
export const erases = signal(false);
/** Whether the outline of the model's mask is shown. */
export const outlineShown = signal(true);

export const diameter = computed(
  () => chosenDiameter.value ?? (selected.value ? initialDiameter(selected.value.editor.mask) : 1),
);

export const setDiameter = (pixels: number): void => {
  chosenDiameter.value = pixels;
};

export const resizeBrush = (direction: 1 | -1): void => setDiameter(nextDiameter(diameter.value, direction));

export const brush = (erasing = erases.value): Brush => ({ diameter: diameter.value, erases: erasing });

/** The canvas in device pixels. */
export const frame = signal<Extent>({ width: 1, height: 1 });
const placed = signal<Viewport | undefined>(undefined);

const extentOf = (entry: Entry | undefined): Extent => entry?.editor.mask ?? { width: 1, height: 1 };

export const view = computed(() => {
  const image = extentOf(selected.value);
  // The canvas may have been resized since.
  return placed.value ? bounded(placed.value, image, frame.value) : wholeImage(image, frame.value);
});

export const showAll = (): void => {
  placed.value = undefined;
};

/** Zooms about a point of the canvas, by default its center. Returns whether the scale changed. */
export function zoom(factor: number, at?: Point): boolean {
  const { scale } = view.value;
  const { width, height } = frame.value;
  placed.value = enlarged(
    view.value,
    factor,
    at ?? { x: width / 2, y: height / 2 },
    extentOf(selected.value),
    frame.value,
  );
  return view.value.scale !== scale;
}

export function move(dx: number, dy: number): void {
  placed.value = moved(view.value, dx, dy, extentOf(selected.value), frame.value);
}

/** Ends the current stroke. */
export function endStroke(entry: Entry): void {
  if (entry.editor.end()) changed(entry);
}

/** Redraws a changed mask, and discards the results for the old one. */
function changed(entry: Entry): void {
  entry.revision.value += 1;
  discardResults(entry);
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

/** Replaces the mask by that of a file; if the file has several pages or labels, asks which. */
export async function importMask(entry: Entry, file: File, options: TruthOptions = {}): Promise<void> {
  const { mask } = entry.editor;
  try {
    const read = await images().readMask(file, file.name, mask.width / mask.height, options);
    if (!('data' in read)) ask(file.name, read, (chosen) => importMask(entry, file, { ...options, ...chosen }));
    else if (entry.editor.replace(maskFrom(read, mask))) changed(entry);
  } catch (error) {
    notifyError(error);
  }
}

// Correcting the mask of a result with the brush.
import { signal } from '@preact/signals';
import { nextDiameter, type Point } from '../painting/brush.ts';
import type { Edit, Side } from '../worker/protocol.ts';
import { editCount, editsOf, setEdits, strokeCount } from './edits.ts';
import { images, shownImage } from './image.ts';
import { maskOptions } from './layers.ts';
import { notifyError } from './notices.ts';
import { edited } from './prompts.ts';
import { results } from './results.ts';

/** What dragging on the image does. */
export type Tool = 'move' | 'window' | 'paint' | 'erase';
export const tool = signal<Tool>('move');

/** A twenty-fifth of the image's shorter side, in pixels, unless the user chose another. */
const chosenDiameter = signal<number | undefined>(undefined);
export const diameter = (): number => {
  const { width = 1, height = 1 } = shownImage.value ?? {};
  return chosenDiameter.value ?? Math.max(1, Math.round(Math.min(width, height) / 25));
};
export const setDiameter = (pixels: number): void => {
  chosenDiameter.value = pixels;
};
export const resizeBrush = (direction: 1 | -1): void => setDiameter(nextDiameter(diameter(), direction));

/** Changes are applied in their order. */
let last: Promise<void> = Promise.resolve();

function apply(side: Side, change: Edit): Promise<void> {
  const id = shownImage.value?.id;
  if (id === undefined || !results.value[side]) return last;
  last = last
    .then(async () => {
      const found = await images().edit(id, side, maskOptions(), change);
      editCount.value += 1;
      if (change.kind === 'stroke') return;
      setEdits(id, side, change.kind === 'discard' ? undefined : found);
      strokeCount.value += 1;
    })
    .catch(notifyError);
  return last;
}

/** Continues a stroke. @param points in pixels of the image */
export const stroke = (side: Side, points: readonly Point[], erases: boolean): void => {
  void apply(side, { kind: 'stroke', points, brush: { diameter: diameter(), erases } });
};

export const endStroke = (side: Side): Promise<void> => apply(side, { kind: 'end' });

/** The prompt whose mask was corrected last, or is being edited. */
const current = (): Side => (results.value[edited.value] ? edited.value : 'a');

export const editsShown = () => {
  const id = shownImage.value?.id;
  return id === undefined ? undefined : editsOf(id, current());
};

export const undoEdit = (): Promise<void> => apply(current(), { kind: 'undo' });
export const redoEdit = (): Promise<void> => apply(current(), { kind: 'redo' });
export const discardEdits = (): Promise<void> => apply(current(), { kind: 'discard' });

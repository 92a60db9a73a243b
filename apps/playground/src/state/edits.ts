// Corrections of masks by hand: which results have some, and whether they were saved.
import { computed, signal } from '@preact/signals';
import { STRINGS } from '../strings.ts';
import type { Edits, Side } from '../worker/protocol.ts';

const keyOf = (id: number, side: Side): string => `${id} ${side}`;

/** By image and prompt. */
const edits = signal<ReadonlyMap<string, Edits>>(new Map());
/** The keys of those that were not saved. */
const unsaved = signal<ReadonlySet<string>>(new Set());
/** Whether there are corrections that were not saved. */
export const unsavedEdits = computed(() => unsaved.value.size > 0);
/** Number of changes, also within a stroke. */
export const editCount = signal(0);
/** Number of whole strokes and other changes. */
export const strokeCount = signal(0);

export const editsOf = (id: number, side: Side): Edits | undefined => edits.value.get(keyOf(id, side));

export function setEdits(id: number, side: Side, found: Edits | undefined): void {
  const next = new Map(edits.value);
  if (found) next.set(keyOf(id, side), found);
  else next.delete(keyOf(id, side));
  edits.value = next;
  const others = [...unsaved.value].filter((key) => key !== keyOf(id, side));
  unsaved.value = new Set(found?.isEdited ? [...others, keyOf(id, side)] : others);
}

/** Called when the masks of an image, or of all slices, were saved. */
export function editsSaved(id?: number): void {
  unsaved.value = new Set(id === undefined ? [] : [...unsaved.value].filter((key) => !key.startsWith(`${id} `)));
}

export function clearEdits(): void {
  edits.value = new Map();
  editsSaved();
}

/** Whether corrections that were not saved may be lost; asks the user if there are any. */
export const mayDiscardEdits = (): boolean => !unsavedEdits.value || confirm(STRINGS.edit.discardQuestion);

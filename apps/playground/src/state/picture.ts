// The picture that is open, and its true mask.
import type { Modality } from '@medclipseg/datasets';
import { signal } from '@preact/signals';
import type { Pages, Picture } from '../worker/protocol.ts';
import { explain } from './explain.ts';
import { say } from './notices.ts';
import { pictures } from './pictures.ts';
import { forgetResults } from './results.ts';

export interface Drawn {
  readonly modality: Modality;
  readonly seed: number;
}

export const picture = signal<Picture | undefined>(undefined);
/** What the picture was drawn as, if it is a phantom. */
export const drawn = signal<Drawn | undefined>(undefined);
/** Name of the true mask. */
export const truth = signal<string | undefined>(undefined);
export const opening = signal(false);

/** A file of several pages that waits for the person to choose one. */
export interface PageQuestion {
  readonly file: Blob;
  readonly name: string;
  readonly pages: number;
  readonly as: 'picture' | 'truth';
}
export const pageQuestion = signal<PageQuestion | undefined>(undefined);

/** Puts another picture in the place of the one before, or none. */
export function showPicture(next: Picture | undefined, phantom?: Drawn): void {
  const before = picture.value;
  forgetResults();
  truth.value = undefined;
  drawn.value = phantom;
  picture.value = next;
  if (!before) return;
  before.bitmap.close();
  void pictures().close(before.id);
}

const isPages = (answer: object | undefined): answer is Pages => answer !== undefined && 'pages' in answer;

async function guarded(work: () => Promise<void>): Promise<void> {
  opening.value = true;
  try {
    await work();
  } catch (error) {
    say(explain(error));
  } finally {
    opening.value = false;
  }
}

/** Opens a file; of several pages it asks which. */
export const openFile = (file: Blob, name: string, page?: number): Promise<void> =>
  guarded(async () => {
    const opened = await pictures().open(file, name, page);
    if (isPages(opened)) pageQuestion.value = { file, name, pages: opened.pages, as: 'picture' };
    else showPicture(opened);
  });

/** Draws a phantom. @returns the prompt it was drawn to */
export async function openPhantom(phantom: Drawn): Promise<string | undefined> {
  let prompt: string | undefined;
  await guarded(async () => {
    const opened = await pictures().phantom(phantom.modality, phantom.seed);
    prompt = opened.prompt;
    showPicture(opened, phantom);
  });
  return prompt;
}

export const openTruth = (file: Blob, name: string, page?: number): Promise<void> =>
  guarded(async () => {
    const id = picture.value?.id;
    if (id === undefined) return;
    const answer = await pictures().openTruth(id, file, name, page);
    if (isPages(answer)) pageQuestion.value = { file, name, pages: answer.pages, as: 'truth' };
    else if (picture.value?.id === id) truth.value = name;
  });

/** The mask that the phantom was drawn with, as its true mask. */
export async function useDrawnTruth(name: string): Promise<void> {
  const id = picture.value?.id;
  if (id === undefined) return;
  await pictures().drawnTruth(id);
  truth.value = name;
}

export async function forgetTruth(): Promise<void> {
  truth.value = undefined;
  if (picture.value) await pictures().forgetTruth(picture.value.id);
}

/** Answers {@link pageQuestion}. */
export function choosePage(page: number | undefined): void {
  const question = pageQuestion.value;
  pageQuestion.value = undefined;
  if (!question || page === undefined) return;
  const open = question.as === 'picture' ? openFile : openTruth;
  void open(question.file, question.name, page);
}

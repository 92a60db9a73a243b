// The open image and its ground truth.
import type { Modality } from '@medclipseg/datasets';
import { signal } from '@preact/signals';
import type { Remote } from 'comlink';
import { connectImages } from '../worker/connect.ts';
import type { ImagesApi, Labels, Pages, ShownImage, TruthOptions } from '../worker/protocol.ts';
import { notifyError } from './notices.ts';
import { prompts, setPrompt } from './prompts.ts';
import { clearResults } from './results.ts';

let worker: Remote<ImagesApi> | undefined;

/** The image worker; one for the lifetime of the page. */
export function images(): Remote<ImagesApi> {
  worker ??= connectImages().api;
  return worker;
}

export interface Phantom {
  readonly modality: Modality;
  readonly seed: number;
}

export const shownImage = signal<ShownImage | undefined>(undefined);
/** The phantom that is open, if it is one. */
export const phantom = signal<Phantom | undefined>(undefined);
/** Name of the ground truth. */
export const truth = signal<string | undefined>(undefined);
export const opening = signal(false);

/** A file with several pages that waits for the user to choose one. */
export interface PageQuestion {
  readonly file: Blob;
  readonly name: string;
  readonly pages: number;
  readonly as: 'image' | 'truth';
}
export const pageQuestion = signal<PageQuestion | undefined>(undefined);

/** A label map that waits for the user to choose a label. */
export interface LabelQuestion extends Labels {
  readonly file: Blob;
  readonly name: string;
  readonly page?: number;
}
export const labelQuestion = signal<LabelQuestion | undefined>(undefined);

/** Replaces the open image, or closes it. */
export function showImage(next: ShownImage | undefined, from?: Phantom): void {
  const before = shownImage.value;
  clearResults();
  truth.value = undefined;
  phantom.value = from;
  shownImage.value = next;
  if (!before) return;
  before.bitmap.close();
  void images().close(before.id);
}

const isPages = (answer: object | undefined): answer is Pages => answer !== undefined && 'pages' in answer;

async function whileOpening(work: () => Promise<void>): Promise<void> {
  opening.value = true;
  try {
    await work();
  } catch (error) {
    notifyError(error);
  } finally {
    opening.value = false;
  }
}

/** Opens a file; if it has several pages, asks which. */
export const openFile = (file: Blob, name: string, page?: number): Promise<void> =>
  whileOpening(async () => {
    const opened = await images().open(file, name, page);
    if (isPages(opened)) pageQuestion.value = { file, name, pages: opened.pages, as: 'image' };
    else showImage(opened);
  });

/** The first seed shows one clear lesion in most modalities; further phantoms count up from it. */
const FIRST_SEED = 3;
const nextSeed: Partial<Record<Modality, number>> = {};

/** The prompt of the last phantom. The next phantom replaces it unless the user has changed it. */
let suggested = '';

/** Opens a phantom with its prompt. @param seed from a link; the next one by default */
export const openPhantom = (modality: Modality, seed = nextSeed[modality] ?? FIRST_SEED): Promise<void> =>
  whileOpening(async () => {
    nextSeed[modality] = seed + 1;
    const opened = await images().phantom(modality, seed);
    showImage(opened, { modality, seed });
    if (!prompts.value.a || prompts.value.a === suggested) setPrompt('a', opened.prompt);
    suggested = opened.prompt;
  });

/** Opens the ground truth; if the file has several pages or labels, asks which. */
export const openTruth = (file: Blob, name: string, options: TruthOptions = {}): Promise<void> =>
  whileOpening(async () => {
    const id = shownImage.value?.id;
    if (id === undefined) return;
    const answer = await images().openTruth(id, file, name, options);
    if (isPages(answer)) pageQuestion.value = { file, name, pages: answer.pages, as: 'truth' };
    else if (answer) labelQuestion.value = { file, name, page: options.page, labels: answer.labels };
    else if (shownImage.value?.id === id) truth.value = name;
  });

/** Uses the mask that the phantom was generated with as the ground truth. */
export async function openPhantomTruth(name: string): Promise<void> {
  const id = shownImage.value?.id;
  if (id === undefined) return;
  await images().openPhantomTruth(id);
  truth.value = name;
}

export async function removeTruth(): Promise<void> {
  truth.value = undefined;
  if (shownImage.value) await images().removeTruth(shownImage.value.id);
}

/** Answers {@link pageQuestion}. */
export function choosePage(page: number | undefined): void {
  const question = pageQuestion.value;
  pageQuestion.value = undefined;
  if (!question || page === undefined) return;
  const { file, name } = question;
  void (question.as === 'image' ? openFile(file, name, page) : openTruth(file, name, { page }));
}

/** Answers {@link labelQuestion}. @param label one of the labels, or `all` */
export function chooseLabel(label: string | undefined): void {
  const question = labelQuestion.value;
  labelQuestion.value = undefined;
  if (question && label !== undefined) void openTruth(question.file, question.name, { page: question.page, label });
}

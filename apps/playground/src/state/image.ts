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

/** A file with several pages, one of which the user must choose. */
export interface PageQuestion {
  readonly name: string;
  readonly pages: number;
  /** Continues with the page, counted from 0. */
  readonly choose: (page: number) => void;
}
export const pageQuestion = signal<PageQuestion | undefined>(undefined);

/** A label map, of which the user must choose a label. */
export interface LabelQuestion extends Labels {
  readonly name: string;
  /** Continues with one of the labels, or `all`. */
  readonly choose: (label: string) => void;
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

/** Asks for a page or a label, and then continues with it. */
export function ask(name: string, question: Pages | Labels, next: (chosen: TruthOptions) => Promise<void>): void {
  if ('pages' in question) pageQuestion.value = { name, pages: question.pages, choose: (page) => void next({ page }) };
  else labelQuestion.value = { name, labels: question.labels, choose: (label) => void next({ label }) };
}

const isPages = (answer: object | undefined): answer is Pages => answer !== undefined && 'pages' in answer;

let last: Promise<void> = Promise.resolve();

/** Resolves when no file is being opened. */
export const opened = async (): Promise<void> => {
  while (opening.value) await last;
};

/** Opens one file after another: of several that are chosen in quick succession, the last one stays. */
function whileOpening(work: () => Promise<void>): Promise<void> {
  opening.value = true;
  const mine = last.then(work).catch(notifyError);
  last = mine;
  return mine.finally(() => {
    if (last === mine) opening.value = false;
  });
}

/** Opens a file; if it has several pages, asks which. */
export const openFile = (file: Blob, name: string, page?: number): Promise<void> =>
  whileOpening(async () => {
    const found = await images().open(file, name, page);
    if (isPages(found)) ask(name, found, ({ page }) => openFile(file, name, page));
    else showImage(found);
  });

/** The phantoms that are offered first: one clear lesion each, which mini finds (DSC of 0.96 to 0.98). Further ones count up from them. */
export const SAMPLE_SEEDS: Readonly<Record<Modality, number>> = {
  ultrasound: 14,
  endoscopy: 2,
  dermoscopy: 5,
  mri: 8,
  xray: 10,
};
const nextSeed: Partial<Record<Modality, number>> = {};

/** The prompt of the last phantom. The next phantom replaces it unless the user has changed it. */
let suggested = '';

/** Opens a phantom with its prompt. @param seed from a link; the next one by default */
export const openPhantom = (modality: Modality, seed = nextSeed[modality] ?? SAMPLE_SEEDS[modality]): Promise<void> =>
  whileOpening(async () => {
    nextSeed[modality] = seed + 1;
    const found = await images().phantom(modality, seed);
    showImage(found, { modality, seed });
    if (!prompts.value.a || prompts.value.a === suggested) setPrompt('a', found.prompt);
    suggested = found.prompt;
  });

/** Opens the ground truth; if the file has several pages or labels, asks which. */
export const openTruth = (file: Blob, name: string, options: TruthOptions = {}): Promise<void> =>
  whileOpening(async () => {
    const id = shownImage.value?.id;
    if (id === undefined) return;
    const answer = await images().openTruth(id, file, name, options);
    if (answer) ask(name, answer, (chosen) => openTruth(file, name, { ...options, ...chosen }));
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

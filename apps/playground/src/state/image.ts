// The open image and its ground truth.
import { MODALITIES, type Modality } from '@medclipseg/datasets';
import { batch, signal } from '@preact/signals';
import type { Remote } from 'comlink';
import { STRINGS } from '../strings.ts';
import { connectImages } from '../worker/connect.ts';
import type {
  ImagesApi,
  Labels,
  OpenOptions,
  Pages,
  ShownImage,
  Side,
  TruthOptions,
  WindowSetting,
  Windows,
} from '../worker/protocol.ts';
import { clearEdits, editsSaved, unsavedEdits } from './edits.ts';
import { latest } from './latest.ts';
import { notify, notifyError, resolve } from './notices.ts';
import { prompts, setPrompt } from './prompts.ts';
import { clearResults, type Result, results } from './results.ts';

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

/** A mask with several pages, or a file of several volumes, one of which the user must choose. */
export interface PageQuestion {
  readonly name: string;
  readonly kind: 'page' | 'volume';
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

/** A file that is only shown through a window, which the user must choose. */
export interface WindowQuestion extends Windows {
  readonly name: string;
  readonly choose: (window: WindowSetting) => void;
}
export const windowQuestion = signal<WindowQuestion | undefined>(undefined);

type Records = Readonly<Partial<Record<Side, Omit<Result, 'estimate'>>>>;

/** What made the results of the slices that are not shown, by the ids of their images. Their maps are kept by the image worker. */
const otherSlices = signal<ReadonlyMap<number, Records>>(new Map());

/** Whether all slices were segmented, or some of them, and their masks were not saved. */
export const unsavedSlices = signal(false);

/** Keeps what made the result of a slice that is not shown. */
export function keepSliceResult(id: number, side: Side, result: Omit<Result, 'estimate'>): void {
  otherSlices.value = new Map([...otherSlices.value, [id, { ...otherSlices.value.get(id), [side]: result }]]);
  unsavedSlices.value = true;
}

/** What made the results of all slices, by the ids of their images. */
export function sliceRecords(): ReadonlyMap<number, Records> {
  const id = shownImage.value?.id;
  return id === undefined || Object.keys(results.value).length === 0
    ? otherSlices.value
    : new Map([...otherSlices.value, [id, results.value]]);
}

/** Called when the masks of all slices were saved. */
export function volumeSaved(): void {
  unsavedSlices.value = false;
  editsSaved();
}

/** Whether the open image may be closed; asks the user if work would be lost that was not saved. */
export function mayClose(): boolean {
  if (unsavedEdits.value) return confirm(STRINGS.edit.discardQuestion);
  return !unsavedSlices.value || confirm(STRINGS.slices.discardQuestion);
}

/** Number of files and phantoms opened or closed. Slices of a file do not count. */
export const fileCount = signal(0);

/** Replaces the open image, or closes it. */
export function showImage(next: ShownImage | undefined, from?: Phantom): void {
  const before = shownImage.value;
  fileCount.value += 1;
  clearResults();
  clearEdits();
  otherSlices.value = new Map();
  unsavedSlices.value = false;
  truth.value = undefined;
  phantom.value = from;
  shownImage.value = next;
  if (!before) return;
  before.bitmap.close();
  void images().close(before.id);
}

/** Goes to another slice of the open file, with the results that it has already. */
export const seek = latest(async (index: number): Promise<void> => {
  const before = shownImage.value;
  if (!before?.slice || before.slice.index === index) return;
  try {
    const { estimates, ...next } = await images().seek(before.id, index);
    // The file may have been closed meanwhile.
    if (shownImage.value?.id !== before.id) return next.bitmap.close();
    const made = Object.entries(results.value).map(([side, { estimate: _, ...rest }]) => [side, rest]);
    if (made.length > 0) otherSlices.value = new Map([...otherSlices.value, [before.id, Object.fromEntries(made)]]);
    const kept = otherSlices.value.get(next.id);
    const sides = (['a', 'b'] as const).flatMap((side) => {
      const [estimate, record] = [estimates[side], kept?.[side]];
      return estimate && record ? [[side, { ...record, estimate }] as const] : [];
    });
    batch(() => {
      results.value = Object.fromEntries(sides);
      shownImage.value = next;
      truth.value = next.truth;
    });
    before.bitmap.close();
  } catch (error) {
    notifyError(error);
  }
});

/** Shows the open file through another window, or through its own. */
export const setWindow = latest(async (window: WindowSetting | undefined): Promise<void> => {
  const before = shownImage.value;
  if (!before) return;
  try {
    const next = await images().setWindow(before.id, window);
    if (shownImage.value?.id !== before.id) return next.bitmap.close();
    shownImage.value = next;
    before.bitmap.close();
  } catch (error) {
    notifyError(error);
  }
});

/** Asks for a page or a label, and then continues with it. */
export function ask(name: string, question: Pages | Labels, next: (chosen: TruthOptions) => Promise<void>): void {
  if ('pages' in question)
    pageQuestion.value = { name, kind: 'page', pages: question.pages, choose: (page) => void next({ page }) };
  else labelQuestion.value = { name, labels: question.labels, choose: (label) => void next({ label }) };
}

let last: Promise<void> = Promise.resolve();

/** Resolves when no file is being opened. */
export const opened = async (): Promise<void> => {
  while (opening.value) await last;
};

/** Opens one file after another: of several that are chosen in quick succession, the last one stays. */
function whileOpening(work: () => Promise<void>): Promise<void> {
  opening.value = true;
  resolve('file');
  const mine = last.then(work).catch((error) => notifyError(error, 'file'));
  last = mine;
  return mine.finally(() => {
    if (last === mine) opening.value = false;
  });
}

/** Opens a file; if it has several volumes, or needs a window, asks which. */
export const openFile = (file: Blob, name: string, options: OpenOptions = {}): Promise<void> =>
  whileOpening(async () => {
    if (!mayClose()) return;
    const found = await images().open(file, name, options);
    const again = (more: OpenOptions) => void openFile(file, name, { ...options, ...more });
    if ('volumes' in found)
      pageQuestion.value = { name, kind: 'volume', pages: found.volumes, choose: (volume) => again({ volume }) };
    else if ('windows' in found) windowQuestion.value = { name, ...found, choose: (window) => again({ window }) };
    else showImage(found);
  });

/** Opens the files of a DICOM series as a volume, and says which files do not belong to it. */
export const openSeries = (files: readonly File[], options: OpenOptions = {}): Promise<void> =>
  whileOpening(async () => {
    if (!mayClose()) return;
    const byName = new Map(files.map((file) => [file.webkitRelativePath || file.name, file]));
    const found = await images().openSeries(byName, options);
    if ('windows' in found)
      windowQuestion.value = {
        name: STRINGS.image.series(files.length),
        ...found,
        choose: (window) => void openSeries(files, { ...options, window }),
      };
    else {
      showImage(found);
      const { leftOut } = found;
      if (leftOut.length > 0) notify({ kind: 'problem', topic: 'file', text: STRINGS.image.leftOut(leftOut) });
    }
  });

/** DICOM files by their names: an ending, or none, as on media and in archives. */
const mayBeDicom = ({ name }: File): boolean => /\.(dcm|dicom|ima)$/i.test(name) || !/\.[a-z]\w{1,4}$/i.test(name);

/** Opens one file, or several DICOM files as a series. Of other files only the first, and says so. */
export function openFiles(files: readonly File[]): void {
  const [first, ...others] = files;
  if (!first) return;
  if (others.length > 0 && files.every(mayBeDicom)) return void openSeries(files);
  void openFile(first, first.name);
  const names = others.map(({ name }) => name);
  if (names.length > 0) notify({ kind: 'problem', topic: 'file', text: STRINGS.image.onlyFirst(first.name, names) });
}

/** The phantoms that are offered first: one clear lesion each, which mini finds (DSC of 0.96 to 0.98). Further ones count up from them. */
export const SAMPLE_SEEDS: Readonly<Record<Modality, number>> = {
  ultrasound: 14,
  endoscopy: 2,
  dermoscopy: 5,
  mri: 8,
  xray: 10,
};

/** What the start screen offers. */
export interface Sample {
  readonly modality: Modality;
  readonly seed: number;
  /** To compare on an image with two lesions; by default there is the phantom's own prompt alone. */
  readonly prompts?: Readonly<Record<Side, string>>;
}

/** Phantoms of two lesions with a prompt for each, of which the model in use finds the right one. Chosen by scripts/choose-samples.ts. */
const TWO_PROMPTS: readonly Sample[] = [
  {
    modality: 'endoscopy',
    seed: 1,
    prompts: {
      a: 'one polyp, located in top right of the image',
      b: 'one polyp, located in bottom of the image',
    },
  },
];

export const SAMPLES: readonly Sample[] = [
  ...MODALITIES.map((modality) => ({ modality, seed: SAMPLE_SEEDS[modality] })),
  ...TWO_PROMPTS,
];

const nextSeed: Partial<Record<Modality, number>> = {};

/** The prompt of the last phantom. The next phantom replaces it unless the user has changed it. */
let suggested = '';

/** Opens a phantom with its prompt. @param seed from a link; the next one by default */
export const openPhantom = (modality: Modality, seed = nextSeed[modality] ?? SAMPLE_SEEDS[modality]): Promise<void> =>
  whileOpening(async () => {
    if (!mayClose()) return;
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

// Saves results as files, and copies links and diagnostics.
import { signal } from '@preact/signals';
import { zipSync } from 'fflate';
import { STRINGS } from '../strings.ts';
import { EXPORTS, type Export, type Side } from '../worker/protocol.ts';
import { editsSaved } from './edits.ts';
import { images, shownImage, volumeSaved } from './image.ts';
import { maskOptions, measurements } from './layers.ts';
import { linkTo } from './link.ts';
import { notify, notifyError, resolve } from './notices.ts';
import { diagnostics, report, sliceReport } from './report.ts';
import { shownResults } from './results.ts';

/** Object URLs must stay valid until the browser has started to save. */
const KEPT_MILLISECONDS = 60_000;

export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MILLISECONDS);
}

const json = (value: unknown): Blob => new Blob([`${JSON.stringify(value, null, 2)}\n`], { type: 'application/json' });

const stem = (name: string): string => name.replace(/(\.nii)?\.[^.]+$/, '');

/** What can be saved: maps of the image, its report, or the mask of all slices with a report of its own. */
export type Saveable = Export | 'report' | 'volume';

interface Saved {
  readonly name: string;
  readonly blob: Blob;
}

/** Files that show the mask. */
const MASK_FILES: readonly Export[] = ['mask', 'overlay'];

/** One kind of file, of the slice on view or of the whole volume. Names say if it is the second prompt's, and if it was edited. */
async function filesOf(what: Saveable, side: Side = 'a'): Promise<readonly Saved[]> {
  const shown = shownImage.value;
  if (!shown) return [];
  const name = stem(shown.name);
  const second = side === 'b' ? '-second' : '';
  if (what === 'volume') {
    const { file, isPacked, ...facts } = await images().encodeVolume(shown.id, side, maskOptions());
    const kind = `${name}${second}-mask${facts.isEdited ? '-edited' : ''}`;
    const missing = (shown.slice?.count ?? 0) - facts.slices.length;
    if (missing > 0) notify({ kind: 'problem', topic: 'save', text: STRINGS.slices.missing(missing) });
    return [
      { name: `${kind}.nii${isPacked ? '.gz' : ''}`, blob: file },
      {
        name: `${kind}-report.json`,
        blob: json({ ...report(), results: undefined, volumeMask: { ...facts, made: sliceReport(side) } }),
      },
    ];
  }
  const place = shown.slice ? `-${shown.slice.volume ? 'slice' : 'page'}-${shown.slice.index}` : '';
  if (what === 'report') return [{ name: `${name}${place}-report.json`, blob: json(report()) }];
  const blob = await images().encode(shown.id, side, maskOptions(), what);
  const edited = measurements.value[side]?.edited && MASK_FILES.includes(what) ? '-edited' : '';
  return [{ name: `${name}${place}${second}-${what}${edited}.png`, blob }];
}

const sides = (): readonly Side[] => shownResults().map(([side]) => side);

/** Files written so far of those being saved; large images take seconds. */
export const saving = signal<{ readonly done: number; readonly total: number } | undefined>(undefined);
let canceled = false;

export const cancelSaving = (): void => {
  canceled = true;
};

/** Makes files one after another, so that the view can be redrawn between them. Nothing is saved if it is canceled. */
async function whileSaving(
  wanted: readonly (readonly [Saveable, Side])[],
  then: (files: readonly Saved[]) => Promise<void> | void,
): Promise<void> {
  if (saving.value) return;
  canceled = false;
  resolve('save');
  saving.value = { done: 0, total: wanted.length };
  try {
    const files: Saved[] = [];
    for (const [what, side] of wanted) {
      const saved = await filesOf(what, side);
      if (canceled) return;
      files.push(...saved);
      saving.value = { done: saving.value.done + 1, total: wanted.length };
    }
    await then(files);
    if (wanted.some(([what]) => what === 'volume')) volumeSaved();
    else if (wanted.some(([what]) => what === 'mask')) editsSaved(shownImage.value?.id);
  } catch (error) {
    notifyError(error, 'save');
  } finally {
    saving.value = undefined;
  }
}

export const saveOne = (what: Saveable): Promise<void> =>
  whileSaving(what === 'report' ? [[what, 'a']] : sides().map((side) => [what, side]), (files) => {
    for (const { blob, name } of files) download(blob, name);
  });

/** All files in one archive. */
export const saveAll = (): Promise<void> =>
  whileSaving(
    [
      ['report', 'a'],
      ...sides().flatMap((side) =>
        [...EXPORTS, ...(shownImage.value?.slice?.volume ? (['volume'] as const) : [])].map(
          (what) => [what, side] as const,
        ),
      ),
    ],
    async (files) => {
      const entries = await Promise.all(
        files.map(async ({ name, blob }) => [name, new Uint8Array(await blob.arrayBuffer())] as const),
      );
      // PNG files are compressed already.
      const archive = zipSync(Object.fromEntries(entries), { level: 0 });
      download(new Blob([archive], { type: 'application/zip' }), `${stem(shownImage.value?.name ?? 'result')}.zip`);
    },
  );

async function copy(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify({ kind: 'done', text: done });
  } catch (error) {
    notify({ kind: 'problem', text: STRINGS.problems.clipboard, detail: `${text}\n${String(error)}` });
  }
}

export const copyLink = (): Promise<void> => copy(linkTo(location.href), STRINGS.save.linkCopied);

export async function copyDiagnostics(): Promise<void> {
  await copy(JSON.stringify(await diagnostics(), null, 2), STRINGS.save.diagnosticsCopied);
}

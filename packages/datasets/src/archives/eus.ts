// The EUS dataset from its two raw folders, as the reference prepares it: frames renamed, masks of healthy frames empty.
import { cp, mkdir, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { writeFileAtomically, writeFolderAtomically } from '../atomic.ts';
import { LayoutError } from '../errors.ts';
import { type Split, sheetStem, splitFolder } from '../folder.ts';
import { readImage } from '../images/decode-node.ts';
import { encodePng, writePng } from '../images/encode.ts';
import { findSheet, readPromptSheet } from '../sheets/files.ts';

/** The raw data. */
export interface EusSources {
  /** Frames with cancer in `C10/V3_0313.tif`, their masks in `Annotations/C10/V3_0313.tif`. */
  readonly cancer: string;
  /** Frames without, in the same layout. */
  readonly healthy: string;
  /** The published prompt sheets. */
  readonly prompts: string;
}

export interface EusOptions {
  readonly signal?: AbortSignal;
  /** Called after each frame. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface EusReport {
  readonly frames: Readonly<Record<Split, number>>;
  /** Names of rows whose frame is in neither folder; they get no files. */
  readonly missing: readonly string[];
  /** Names of frames with cancer that have no annotation; their masks are empty. */
  readonly unannotated: readonly string[];
}

const isFile = (path: string) =>
  stat(path).then(
    (status) => status.isFile(),
    () => false,
  );

/** The path of the frame of a row: the name `C10_V3_0313.png` means the folder C10 and the file V3_0313.tif. */
function framePath(image: string): readonly [folder: string, file: string] {
  const { name } = parse(image);
  const [, folder, frame] = /^([A-Za-z0-9]+)_([\w-]+)$/.exec(name) ?? [];
  if (!folder || !frame)
    throw new LayoutError(image, "a name such as 'C10_V3_0313.png'", `'${image}'`, 'Use the published prompt sheets.');
  return [folder, `${frame}.tif`];
}

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isFile(path)) return path;
  return undefined;
}

/** Prepares EUS in the published layout, in a new folder. */
export async function prepareEus(
  { cancer, healthy, prompts }: EusSources,
  folder: string,
  { signal, onProgress }: EusOptions = {},
): Promise<EusReport> {
  const frames: Record<Split, number> = { train: 0, val: 0, test: 0 };
  const [missing, unannotated]: [string[], string[]] = [[], []];
  const splits = await Promise.all(
    (['train', 'val', 'test'] as const).map(async (split) => {
      const rows = await readPromptSheet(await findSheet(prompts, sheetStem(split)));
      return { split, names: [...new Set(rows.map(({ image }) => image))] };
    }),
  );
  const total = splits.reduce((sum, { names }) => sum + names.length, 0);
  let done = 0;
  const prepare = async (image: string, into: string): Promise<boolean> => {
    const [group, file] = framePath(image);
    const sick = join(cancer, group, file);
    const path = await firstFile([sick, join(healthy, group, file)]);
    if (path === undefined) {
      missing.push(image);
      return false;
    }
    const frame = await readImage(path);
    const name = `${parse(image).name}.png`;
    await writePng(join(into, 'img', name), frame);
    const annotation = path === sick ? await firstFile([join(cancer, 'Annotations', group, file)]) : undefined;
    if (path === sick && annotation === undefined) unannotated.push(image);
    const { width, height } = frame;
    const empty = { width, height, channels: 1 as const, data: new Uint8Array(width * height) };
    const mask = annotation === undefined ? empty : await readImage(annotation, 'gray');
    await writeFileAtomically(join(into, 'label', name), await encodePng(mask), { durable: false });
    return true;
  };
  await writeFolderAtomically(folder, async (partial) => {
    await cp(prompts, join(partial, 'Prompts_Folder'), { recursive: true });
    for (const { split, names } of splits) {
      const into = join(partial, splitFolder(split));
      for (const part of ['img', 'label']) await mkdir(join(into, part), { recursive: true });
      for (const image of names) {
        signal?.throwIfAborted();
        if (await prepare(image, into)) frames[split] += 1;
        onProgress?.(++done, total);
      }
    }
    if (missing.length === total)
      throw new LayoutError(cancer, 'the frames that the sheets name', 'none of them', 'Check both folders.');
  });
  return { frames, missing, unannotated };
}

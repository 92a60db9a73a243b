// The inputs of a run: files, patterns and folders as a list of images and volumes, each with a name of its own in the output.
import { lstat, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ImageError, isDatasetError } from '@medclipseg/datasets';
import { type DicomFacts, groupSlices, type LeftOut, readDicomFacts, type SliceGroup } from '@medclipseg/datasets/node';
import { glob, isDynamicPattern } from 'tinyglobby';
import { UsageError } from '../../errors.ts';

/** What one result is made of. */
export interface Input {
  /** As shown: the path of the file, or of the folder of a series. */
  readonly path: string;
  /** Path of the results without their endings, relative to the output folder, with `/`. */
  readonly name: string;
  /** The slices of a DICOM series. */
  readonly series?: SliceGroup;
  /** Why it cannot be segmented, known before it is opened. */
  readonly fault?: string;
}

export interface Inputs {
  readonly inputs: readonly Input[];
  /** Files in folders that are no images to segment. */
  readonly leftOut: readonly LeftOut[];
  /** Whether the call names one file. */
  readonly isSingle: boolean;
}

const IMAGE = /\.(png|jpe?g|tiff?|bmp|webp|nii|nii\.gz|hdr|hdr\.gz)$/i;

/** The name of a result: without the ending of an image, of which `.nii.gz` is one. */
export const stemOf = (path: string): string =>
  path.replace(/\.(png|jpe?g|tiff?|bmp|webp|dcm|dicom|ima|nii|hdr|img|nii\.gz|hdr\.gz|img\.gz)$/i, '');

const slashes = (path: string): string => (sep === '/' ? path : path.replaceAll(sep, '/'));

/** Whether a file begins like a DICOM file; its name often has no ending. */
async function isDicom(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(4);
    const { bytesRead } = await file.read(bytes, 0, 4, 128);
    return bytesRead === 4 && bytes.toString('latin1') === 'DICM';
  } finally {
    await file.close();
  }
}

/** Files below a folder, sorted; without hidden ones, links to folders, and the output folder. */
async function filesBelow(folder: string, except: string, signal: AbortSignal): Promise<string[]> {
  signal.throwIfAborted();
  const entries = await readdir(folder, { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || resolve(path) === except) continue;
    if (entry.isDirectory()) found.push(...(await filesBelow(path, except, signal)));
    else if (entry.isFile() || (entry.isSymbolicLink() && (await stat(path).catch(() => undefined))?.isFile()))
      found.push(path);
  }
  return found;
}

interface Found {
  /** Files that are named themselves, or images in folders. */
  readonly files: string[];
  readonly dicom: DicomFacts[];
  readonly leftOut: LeftOut[];
  /** Folders that all results are named relative to; of named files, the folders that they are in. */
  readonly bases: string[];
  readonly faults: Map<string, string>;
}

async function lookBelow(folder: string, except: string, found: Found, signal: AbortSignal): Promise<void> {
  const paths = await filesBelow(folder, except, signal);
  const headers = new Set(paths.map((path) => path.toLowerCase()).filter((path) => /\.hdr(\.gz)?$/.test(path)));
  for (const path of paths) {
    signal.throwIfAborted();
    const base = path.toLowerCase().replace(/\.img(\.gz)?$/, '.hdr');
    // The voxels of a header are read with it.
    if (base !== path.toLowerCase() && (headers.has(base) || headers.has(`${base}.gz`))) continue;
    if (IMAGE.test(path)) found.files.push(path);
    else if (await isDicom(path))
      try {
        found.dicom.push(await readDicomFacts(path));
      } catch (error) {
        if (!isDatasetError(error)) throw error;
        found.files.push(path);
        found.faults.set(path, error.message);
      }
    else found.leftOut.push({ path, reason: 'no image' });
  }
}

/** The paths that an argument names. Shells of Windows leave patterns as they are, and so do quotes. */
async function expand(input: string): Promise<readonly string[]> {
  const status = await lstat(input).catch(() => undefined);
  if (status) return [input];
  const pattern = slashes(input);
  const paths = isDynamicPattern(pattern)
    ? await glob(pattern, { onlyFiles: false, expandDirectories: false, absolute: isAbsolute(input) })
    : [];
  if (paths.length > 0) return paths.map((path) => path.replace(/\/$/, '')).sort();
  throw new UsageError(
    'input',
    'a file, a folder or a pattern such as scans/*.png',
    `'${input}', which ${isDynamicPattern(pattern) ? 'no file matches' : 'does not exist'}`,
    'Correct the path.',
  );
}

/** The deepest folder that contains all of them. */
function commonFolder(folders: readonly string[]): string {
  const [first = '.', ...rest] = [...new Set(folders.map((folder) => resolve(folder)))];
  return rest.reduce((common, folder) => {
    let at = common;
    while (at !== dirname(at) && relative(at, folder).split(sep)[0] === '..') at = dirname(at);
    return at;
  }, first);
}

/** The folder that holds all slices of a series. */
const folderOf = ({ slices }: { readonly slices: readonly DicomFacts[] }): string => {
  const folders = [...new Set(slices.map(({ path }) => dirname(path)))];
  return folders.length === 1 ? (folders[0] as string) : commonFolder(folders);
};

/** Names that no two inputs share on any file system: where the short ones are equal, the whole name of the file, then a number. */
function uniqueNames(entries: readonly { readonly short: string; readonly whole: string }[]): string[] {
  const key = (name: string) => name.toLowerCase();
  const names = entries.map(({ short }) => short);
  const counted = () => {
    const counts = new Map<string, number>();
    for (const name of names) counts.set(key(name), (counts.get(key(name)) ?? 0) + 1);
    return counts;
  };
  for (;;) {
    const counts = counted();
    const shared = names.flatMap((name, i) =>
      (counts.get(key(name)) as number) > 1 && name !== entries[i]?.whole ? [i] : [],
    );
    if (shared.length === 0) break;
    for (const i of shared) names[i] = (entries[i] as { whole: string }).whole;
  }
  const used = new Map<string, number>();
  return names.map((name) => {
    const before = used.get(key(name)) ?? 0;
    used.set(key(name), before + 1);
    return before === 0 ? name : `${name}-${before + 1}`;
  });
}

/**
 * Finds the inputs of a call. Folders are searched through, with the folders in them: images are inputs of their own, the DICOM files of a
 * series one volume. Files that are named are taken as they are. The list does not depend on the order of the arguments.
 *
 * @param out the output folder, which is no input
 */
export async function findInputs(given: readonly string[], out: string, signal: AbortSignal): Promise<Inputs> {
  const paths = [...new Set((await Promise.all(given.map(expand))).flat())];
  const found: Found = { files: [], dicom: [], leftOut: [], bases: [], faults: new Map() };
  let [named, folders] = [0, 0];
  for (const path of paths) {
    const status = await stat(path).catch(() => undefined);
    if (status?.isDirectory()) {
      folders++;
      found.bases.push(path);
      await lookBelow(path, resolve(out), found, signal);
    } else {
      if (status && !status.isFile()) {
        // Opening it might wait forever.
        const refusal = new ImageError(path, 'an image file', 'a pipe or a device');
        if (paths.length === 1) throw refusal;
        found.faults.set(path, refusal.message);
      }
      named++;
      found.bases.push(dirname(path));
      found.files.push(path);
    }
  }
  const base = commonFolder(found.bases);
  const nameOf = (path: string): string => slashes(relative(base, resolve(path))) || basename(base);
  const { entries, leftOut } = groupSlices(found.dicom);
  const listed: { readonly input: Omit<Input, 'name'>; readonly short: string; readonly whole: string }[] = [];
  const addFile = (path: string) =>
    listed.push({
      input: { path, ...(found.faults.has(path) && { fault: found.faults.get(path) }) },
      short: stemOf(nameOf(path)),
      whole: nameOf(path),
    });
  for (const path of new Set(found.files)) addFile(path);
  for (const entry of entries) {
    if (entry.kind === 'image') {
      addFile(entry.file.path);
      continue;
    }
    const folder = folderOf(entry);
    const number = entry.slices[0]?.seriesNumber;
    listed.push({
      input: {
        path: folder,
        ...(entry.kind === 'volume'
          ? { series: entry }
          : { fault: `${folder}: expected one volume, got ${entry.reason}.` }),
      },
      short: nameOf(folder),
      whole: `${nameOf(folder)}/series-${number ?? 'without-number'}`,
    });
  }
  const order = listed.sort((a, b) => (a.whole < b.whole ? -1 : a.whole > b.whole ? 1 : 0));
  const names = uniqueNames(order);
  const skipped = [...found.leftOut, ...leftOut].sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    inputs: order.map(({ input }, i) => ({ ...input, name: names[i] as string })),
    leftOut: skipped,
    isSingle: named === 1 && folders === 0,
  };
}

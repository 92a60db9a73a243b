// Zip archives from elsewhere, unpacked so that nothing can leave the folder, be a link, or fill the disk.
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { writeFolderAtomically } from '../atomic.ts';
import { DatasetError } from '../errors.ts';

/** An archive that is broken, or holds what it must not. */
export class ArchiveError extends DatasetError {
  override readonly name = 'ArchiveError';
  constructor(
    readonly archive: string,
    expected: string,
    actual: string,
    remedy = 'Nothing of it was kept; get it from its source again.',
    options?: ErrorOptions,
  ) {
    super('datasets/archive', `${archive}: expected ${expected}, got ${actual}. ${remedy}`, options);
  }
}

export interface ExtractOptions {
  /** Bytes that all files together may have. */
  readonly maximumBytes?: number;
  readonly signal?: AbortSignal;
  /** Told after each file: bytes unpacked so far, and of all files. */
  readonly onProgress?: (unpacked: number, total: number) => void;
}

/** EUS, the largest of the published datasets, has some 77,000 files. */
const MAXIMUM_FILES = 500_000;
const MAXIMUM_BYTES = 64 * 2 ** 30;
/** Deflate reaches a thousand; folders of pictures do not reach five. */
const MAXIMUM_RATIO = 100;

const FILE_KIND = 0o170000;
const LINK = 0o120000;
const PLAIN = 0o100000;

/** What a Mac adds to archives. */
const isClutter = (path: string) => /(^|\/)(__MACOSX\/|\.DS_Store$|\._[^/]*$)/.test(path);

/** A path that stays where it is put, on every system. */
const isInside = (path: string) =>
  !/[\\:\0]/.test(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

/** Refuses an entry that is anything but a plain file within the folder. */
function checkEntry(entry: Entry, archive: string): void {
  const { fileName } = entry;
  if (!isInside(fileName)) throw new ArchiveError(archive, 'paths within the archive', `'${fileName}'`);
  // The upper half holds Unix's mode; 0 where another system made the archive.
  const kind = (entry.externalFileAttributes >>> 16) & FILE_KIND;
  if (kind === LINK) throw new ArchiveError(archive, 'plain files', `the link '${fileName}'`);
  if (kind !== 0 && kind !== PLAIN) throw new ArchiveError(archive, 'plain files', `'${fileName}' of another kind`);
  if (entry.isEncrypted()) throw new ArchiveError(archive, 'files without a password', `'${fileName}'`);
}

/** The files of an archive, all of them checked before the first is unpacked. */
async function listFiles(zip: ZipFile, archive: string, maximumBytes: number): Promise<Entry[]> {
  const files: Entry[] = [];
  const seen = new Set<string>();
  let [bytes, packed] = [0, 0];
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/') || isClutter(entry.fileName)) continue;
    checkEntry(entry, archive);
    // Systems that do not tell A from a would write one over the other.
    const name = entry.fileName.toLowerCase();
    if (seen.has(name)) throw new ArchiveError(archive, 'each file once', `'${entry.fileName}' again`);
    seen.add(name);
    files.push(entry);
    bytes += entry.uncompressedSize;
    packed += entry.compressedSize;
    if (files.length > MAXIMUM_FILES) throw new ArchiveError(archive, `at most ${MAXIMUM_FILES} files`, 'more');
    if (bytes > maximumBytes) throw new ArchiveError(archive, `at most ${maximumBytes} bytes of files`, 'more');
  }
  if (bytes > 2 ** 20 && bytes > MAXIMUM_RATIO * packed)
    throw new ArchiveError(archive, 'files packed as pictures are', `${bytes} bytes in ${packed}`);
  return files;
}

/** The folder that holds everything, with its slash; archives have one or none. */
function commonFolder(files: readonly Entry[], archive: string): string {
  const [first] = files;
  if (!first) throw new ArchiveError(archive, 'files', 'none');
  const folder = first.fileName.slice(0, first.fileName.indexOf('/') + 1);
  return files.every(({ fileName }) => fileName.startsWith(folder)) ? folder : '';
}

/**
 * Unpacks a zip archive into a folder that is not there yet, whole or not at all. A folder that holds everything is left out:
 * `BUSI/Train_Folder/…` becomes `Train_Folder/…`. Throws `ArchiveError`.
 */
export async function extractArchive(archive: string, folder: string, options: ExtractOptions = {}): Promise<void> {
  const { maximumBytes = MAXIMUM_BYTES, signal, onProgress } = options;
  const broken = (cause: unknown) =>
    cause instanceof DatasetError || signal?.aborted
      ? cause
      : new ArchiveError(
          archive,
          'a whole zip archive',
          `one that does not open (${(cause as Error).message})`,
          undefined,
          { cause },
        );
  let zip: ZipFile;
  try {
    // Sizes that are other than declared make reading fail.
    zip = await openPromise(archive, { lazyEntries: true, autoClose: false, strictFileNames: true });
  } catch (cause) {
    throw broken(cause);
  }
  try {
    const files = await listFiles(zip, archive, maximumBytes);
    const common = commonFolder(files, archive);
    const total = files.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
    let unpacked = 0;
    await writeFolderAtomically(folder, async (partial) => {
      for (const entry of files) {
        signal?.throwIfAborted();
        const path = join(partial, ...entry.fileName.slice(common.length).split('/'));
        await mkdir(dirname(path), { recursive: true });
        await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(path, { flags: 'wx' }), { signal });
        unpacked += entry.uncompressedSize;
        onProgress?.(unpacked, total);
      }
    });
  } catch (cause) {
    throw broken(cause);
  } finally {
    zip.close();
  }
}

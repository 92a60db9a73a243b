// Zip archives from untrusted sources, extracted so that nothing can leave the folder, be a link, or fill the disk.
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Entry, ZipFile } from 'yauzl';
import { writeFolderAtomically } from '../atomic.ts';
import { DatasetError } from '../errors.ts';

/** An archive that is damaged or has forbidden contents. */
export class ArchiveError extends DatasetError {
  override readonly name = 'ArchiveError';
  constructor(
    readonly archive: string,
    expected: string,
    actual: string,
    remedy = 'Nothing of it was kept; download it again.',
    options?: ErrorOptions,
  ) {
    super('datasets/archive', `${archive}: expected ${expected}, got ${actual}. ${remedy}`, options);
  }
}

export interface ExtractOptions {
  /** Limit of the total size of all files. */
  readonly maximumBytes?: number;
  readonly signal?: AbortSignal;
  /** Called after each file with the bytes extracted so far and of all files. */
  readonly onProgress?: (unpacked: number, total: number) => void;
}

/** EUS, the largest of the published datasets, has some 77,000 files. */
const MAXIMUM_FILES = 500_000;
const MAXIMUM_BYTES = 64 * 2 ** 30;
/** Deflate reaches 1000; folders of images stay below 5. */
const MAXIMUM_RATIO = 100;

const FILE_KIND = 0o170000;
const LINK = 0o120000;
const PLAIN = 0o100000;

/** Files that macOS adds to archives. */
const isClutter = (path: string) => /(^|\/)(__MACOSX\/|\.DS_Store$|\._[^/]*$)/.test(path);

/** Whether a path stays inside its folder on every system. */
const isInside = (path: string) =>
  !/[\\:\0]/.test(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

/** Refuses an entry that is anything but a plain file within the folder. */
function checkEntry(entry: Entry, archive: string): void {
  const { fileName } = entry;
  if (!isInside(fileName)) throw new ArchiveError(archive, 'paths within the archive', `'${fileName}'`);
  // The upper 16 bits are the Unix mode; 0 if another system made the archive.
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
    // On case-insensitive file systems one would overwrite the other.
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
    throw new ArchiveError(archive, 'files with the compression of images', `${bytes} bytes in ${packed}`);
  return files;
}

/** The folder that contains everything, with a slash at the end; empty if there is none. */
function commonFolder(files: readonly Entry[], archive: string): string {
  const [first] = files;
  if (!first) throw new ArchiveError(archive, 'files', 'none');
  const folder = first.fileName.slice(0, first.fileName.indexOf('/') + 1);
  return files.every(({ fileName }) => fileName.startsWith(folder)) ? folder : '';
}

/**
 * Extracts a zip archive into a new folder, whole or not at all. A folder that contains everything is left out:
 * `BUSI/Train_Folder/…` becomes `Train_Folder/…`. Throws `ArchiveError`.
 */
export async function extractArchive(archive: string, folder: string, options: ExtractOptions = {}): Promise<void> {
  const { maximumBytes = MAXIMUM_BYTES, signal, onProgress } = options;
  // The zip library's own words name the path where one is refused; elsewhere they describe bytes.
  const detail = ({ message }: Error) => (/path|characters/.test(message) ? ` (${message})` : '');
  const broken = (cause: unknown) =>
    cause instanceof DatasetError || signal?.aborted
      ? cause
      : new ArchiveError(
          archive,
          'a complete zip archive',
          `one that cannot be read${detail(cause as Error)}`,
          undefined,
          { cause },
        );
  const { openPromise } = await import('yauzl');
  let zip: ZipFile;
  try {
    // Reading fails if a size is not the declared one.
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

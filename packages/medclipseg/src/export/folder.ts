// A folder that appears complete or not at all.
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ExportError } from '../errors.ts';
import { CARD_FORMAT, type ExportCard } from './card.ts';

type Write = (
  name: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  onBytes?: (count: number) => void,
) => Promise<void>;

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | null)?.code;

/** The files that an earlier export wrote, by its card. */
function filesOf(card: string): string[] {
  try {
    const { format, graphs, tokenizer } = JSON.parse(card) as ExportCard;
    if (format !== CARD_FORMAT) return [];
    return [
      'card.json',
      tokenizer.file,
      ...[graphs.prefix, graphs.sample].flatMap(({ file, weights }) => [file, ...weights]),
    ];
  } catch {
    return [];
  }
}

/** @returns whether there is an earlier export. @throws {ExportError} if there is anything else */
async function checkReplaceable(folder: string): Promise<boolean> {
  const refuse = (actual: string): never => {
    throw new ExportError(folder, 'a new folder, or one with an earlier export', actual, 'Choose another folder.');
  };
  const found = await readdir(folder).catch((error) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    return refuse(codeOf(error) === 'ENOTDIR' ? 'a file' : `'${(error as Error).message}'`);
  });
  if (!found) return false;
  if (found.length === 0) return true;
  const own = filesOf(await readFile(join(folder, 'card.json'), 'utf8').catch(() => ''));
  const other = found.find((name) => !own.includes(name));
  return other === undefined ? true : refuse(`a folder with '${other}'`);
}

/** A single write may be incomplete, as on a full disk, without an error. */
async function writeFlushed(
  path: string,
  pieces: Parameters<Write>[1],
  onBytes: (count: number) => void,
  signal?: AbortSignal,
) {
  const file = await open(path, 'wx');
  try {
    for await (const piece of pieces) {
      signal?.throwIfAborted();
      for (let at = 0; at < piece.length; ) at += (await file.write(piece, at)).bytesWritten;
      onBytes(piece.length);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Writes a folder under a temporary name next to its place, and renames it once all files are there. An earlier export is replaced.
 *
 * @returns the names of the files
 */
export async function replaceFolder(
  folder: string,
  fill: (write: Write) => Promise<void>,
  signal?: AbortSignal,
): Promise<string[]> {
  const exists = await checkReplaceable(folder);
  const place = resolve(folder);
  const unfinished = join(dirname(place), `.${basename(place)}.${randomUUID()}.tmp`);
  const previous = `${unfinished}.old`;
  const files: string[] = [];
  try {
    await mkdir(unfinished, { recursive: true });
    await fill(async (name, pieces, onBytes = () => {}) => {
      signal?.throwIfAborted();
      await writeFlushed(join(unfinished, name), pieces, onBytes, signal);
      files.push(name);
    });
    signal?.throwIfAborted();
    // Other files may be there by now.
    if (exists && (await checkReplaceable(folder))) await rename(place, previous);
    try {
      await rename(unfinished, place);
    } catch (error) {
      if (exists) await rename(previous, place);
      throw error;
    }
    await rm(previous, { recursive: true, force: true });
    return files;
  } catch (cause) {
    await rm(unfinished, { recursive: true, force: true }).catch(() => {});
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    const reason = cause.message.split(',')[0];
    throw new ExportError(
      folder,
      'a place to write to',
      `'${reason}'`,
      'Check that its parent folder exists, can be written to, and has free space.',
      { cause },
    );
  }
}

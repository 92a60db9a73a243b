// Decoded samples on disk, so that the next run need not decode them. An entry is good only while its files are as they were.
import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { writeFileAtomically } from '../atomic.ts';
import type { SampleFile } from '../folder.ts';
import { maskPathsOf, type SamplePixels } from './sample.ts';

/** Changes when what is stored changes. */
const VERSION = 1;

/** Bytes before the pixels: a digest of the files' state, and a checksum of the pixels. */
const HEAD = 36;

/** A digest of what the entry depends on: each file's path, size and time of change. */
async function stateOf(file: SampleFile, size: number): Promise<Buffer> {
  const hash = createHash('sha256').update(`${VERSION} ${size}\n`);
  for (const path of [file.imagePath, ...maskPathsOf(file)]) {
    const { size: bytes, mtimeNs } = await stat(path, { bigint: true });
    hash.update(`${resolve(path)}\n${bytes} ${mtimeNs}\n`);
  }
  if (file.maskReading) hash.update(JSON.stringify(file.maskReading));
  return hash.digest();
}

/** One entry a sample and size, replaced when a file changes; so the folder never outgrows the dataset. */
function entryPath(folder: string, file: SampleFile, size: number): string {
  const key = [file.imagePath, ...maskPathsOf(file)].map((path) => resolve(path)).join('\n');
  return join(folder, `${createHash('sha256').update(`${size}\n${key}`).digest('hex').slice(0, 32)}.pixels`);
}

/** The stored sample; `undefined` if there is none, its files have changed, or it is damaged. */
async function stored(
  folder: string,
  file: SampleFile,
  size: number,
  state: Buffer,
): Promise<SamplePixels | undefined> {
  const bytes = await readFile(entryPath(folder, file, size)).catch(() => undefined);
  const area = size * size;
  if (bytes?.length !== HEAD + 4 * area || !bytes.subarray(0, 32).equals(state)) return undefined;
  const pixels = bytes.subarray(HEAD);
  if (crc32(pixels) !== bytes.readUInt32LE(32)) return undefined;
  return {
    image: { width: size, height: size, channels: 3, data: new Uint8Array(pixels.subarray(0, 3 * area)) },
    mask: { width: size, height: size, channels: 1, data: new Uint8Array(pixels.subarray(3 * area)) },
  };
}

export interface CachedSample {
  readonly pixels: SamplePixels;
  /** Why the sample could not be stored; it is complete nevertheless. */
  readonly cacheError?: string;
}

/** The sample from the cache folder, or read by `read` and stored there. A cache that cannot be written is no reason to fail. */
export async function throughDiskCache(
  folder: string,
  file: SampleFile,
  size: number,
  read: () => Promise<SamplePixels>,
): Promise<CachedSample> {
  // If a file is missing, reading it names it.
  const state = await stateOf(file, size).catch(() => undefined);
  if (state === undefined) return { pixels: await read() };
  const known = await stored(folder, file, size, state);
  if (known) return { pixels: known };
  const pixels = await read();
  try {
    await store(folder, file, size, state, pixels);
    return { pixels };
  } catch (error) {
    return { pixels, cacheError: error instanceof Error ? error.message : String(error) };
  }
}

async function store(
  folder: string,
  file: SampleFile,
  size: number,
  state: Buffer,
  sample: SamplePixels,
): Promise<void> {
  const pixels = Buffer.concat([sample.image.data, sample.mask.data]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(pixels));
  await mkdir(folder, { recursive: true });
  // The checksum detects entries that a power cut left incomplete.
  const entry = Buffer.concat([state, checksum, pixels]);
  await writeFileAtomically(entryPath(folder, file, size), entry, { durable: false });
}

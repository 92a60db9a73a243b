// Damaged and hostile files of every kind: read, or refused with an error of this package that describes the file. The same in Node and in pages,
// within bounded time and memory.
import { crc32 } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { DatasetError } from './errors.ts';
import { decodeImage as decodeInPages } from './images/decode-browser.ts';
import { decodeImage } from './images/decode-node.ts';
import type { RasterImage } from './images/raster.ts';
import { type Random, seededRandom } from './random.ts';
import { parsePromptSheet } from './sheets/sheets.ts';
import { imageSeeds, sheetSeeds } from './testing/seeds.ts';

/** Damaged files of each kind, 23,300 in all. libvips and workbooks take longer. */
const CASES = {
  png: 2500,
  tiff: 5000,
  'tiff pages': 1500,
  bmp: 2500,
  jpeg: 3000,
  webp: 500,
  dicom: 2000,
  'dicom frames': 1500,
  nifti: 1000,
  'nifti slices': 1000,
  xlsx: 800,
  csv: 1000,
  jsonl: 1000,
} as const;
type Kind = keyof typeof CASES;

/** CPU seconds for one file, all threads together. */
const MOST_SECONDS = 3;
/** Bytes that all cases of a kind together may add: far below the largest image allowed. */
const MOST_MEMORY = 150 * 2 ** 20;
/** The same for the whole process, with libvips and garbage that has not been collected. */
const MOST_RESIDENT = 400 * 2 ** 20;

/** Every message says what was expected, what came instead, and what to do. */
const MESSAGE = /^[^:]+: expected .+, got .+\. [A-Z`].*\.$/s;

/** What messages of the engine and of libraries look like. */
const INTERNALS =
  /\[object|undefined|null|NaN|Infinity|DataView|ArrayBuffer|Uint8Array|vips|Error\b|outside the bounds|Invalid (typed )?array|wasm|[Uu]nexpected end|Cannot read|not a function|not iterable|unexpected EOF|invalid (block|distance|length|stored|date|zip)|JSON\.|dicomParser|at position|^\s*at /im;

const HOSTILE = [0, 1, 0x7f, 0x80, 0xff];

/** A file with a few bytes or words changed, cut, duplicated or moved, as by a broken disk or an attacker. */
function damage(whole: Uint8Array, random: Random): Uint8Array {
  const below = (n: number) => Math.floor(random() * n);
  let bytes = Uint8Array.from(whole);
  for (let i = below(4); i >= 0; i--) {
    const kind = random();
    const at = below(bytes.length);
    if (kind < 0.3) bytes[at] = below(256);
    else if (kind < 0.7) {
      // Sizes and counts are near the front.
      const front = below(Math.min(400, bytes.length));
      bytes.fill(HOSTILE[below(HOSTILE.length)] as number, front, front + 1 + below(4));
    } else if (kind < 0.8) bytes = bytes.slice(0, at);
    else if (kind < 0.9) bytes.copyWithin(at, below(bytes.length), below(bytes.length));
    else bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(below(bytes.length))]);
  }
  return bytes;
}

/** Corrects the checksums of a damaged PNG, so that what comes after them is reached. */
function repairPng(bytes: Uint8Array): Uint8Array {
  const repaired = Buffer.from(bytes);
  for (let at = 8; at + 12 <= repaired.length; ) {
    const end = at + 8 + repaired.readUInt32BE(at);
    if (end + 4 > repaired.length) break;
    repaired.writeUInt32BE(crc32(repaired.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return repaired;
}

/** What reading gives, or the error that refuses the file. */
async function outcome<T>(read: () => Promise<T>): Promise<T | DatasetError> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof DatasetError)) throw new Error('an error of another kind', { cause: error });
    expect(error.message).toMatch(MESSAGE);
    expect(error.message).not.toMatch(INTERNALS);
    return error;
  }
}

/** Reads damaged copies of the seeds. `page` is one that a seed may have, or none. */
async function feed(
  kind: Kind,
  seeds: readonly Uint8Array[],
  read: (bytes: Uint8Array, page: number | undefined) => Promise<{ readonly refused: boolean }>,
) {
  const before = process.memoryUsage();
  let [refused, buffers, resident, slowest] = [0, 0, 0, 0];
  for (let i = 0; i < CASES[kind]; i++) {
    const random = seededRandom('fuzz', kind, i);
    const damaged = damage(seeds[i % seeds.length] as Uint8Array, random);
    const started = process.cpuUsage();
    try {
      const page = /pages|frames|slices/.test(kind) ? [undefined, 0, 1, 2][Math.floor(random() * 4)] : undefined;
      const result = await read(kind === 'png' ? repairPng(damaged) : damaged, page);
      if (result.refused) refused += 1;
    } catch (cause) {
      throw new Error(`case ${i} of ${kind}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
    const { user, system } = process.cpuUsage(started);
    slowest = Math.max(slowest, (user + system) / 1e6);
    const { arrayBuffers, rss } = process.memoryUsage();
    buffers = Math.max(buffers, arrayBuffers - before.arrayBuffers);
    resident = Math.max(resident, rss - before.rss);
  }
  // If all files were read, nothing was damaged; if all were refused, the seeds are broken.
  expect(refused).toBeGreaterThan(CASES[kind] / 20);
  expect(refused).toBeLessThan(CASES[kind]);
  expect(slowest).toBeLessThan(MOST_SECONDS);
  expect(buffers).toBeLessThan(MOST_MEMORY);
  expect(resident).toBeLessThan(MOST_RESIDENT);
}

const pixels = (image: RasterImage) =>
  `${image.width}x${image.height}x${image.channels} ${Buffer.from(image.data).toString('base64')}`;

let images: Awaited<ReturnType<typeof imageSeeds>>;
beforeAll(async () => {
  images = await imageSeeds();
});

describe('images', () => {
  it.each(Object.keys(CASES).filter((kind) => !['webp', 'xlsx', 'csv', 'jsonl'].includes(kind)) as Kind[])(
    '%s, with the same result in Node and in pages',
    async (kind) => {
      await feed(kind, images[kind] as Uint8Array[], async (bytes, page) => {
        const options = { page, window: kind === 'tiff' ? { center: 64, width: 128 } : undefined };
        const inNode = await outcome(() => decodeImage(bytes, options));
        const inPages = await outcome(() => decodeInPages(bytes, options));
        if (inNode instanceof DatasetError || inPages instanceof DatasetError) {
          expect(
            [inNode, inPages].map((result) => (result instanceof DatasetError ? result.message : pixels(result))),
          ).toEqual([inNode, inNode].map((result) => (result as Error).message));
          return { refused: true };
        }
        expect(pixels(inPages)).toBe(pixels(inNode));
        return { refused: false };
      });
    },
  );

  it('webp', async () => {
    await feed('webp', images.webp as Uint8Array[], async (bytes, page) => ({
      refused: (await outcome(() => decodeImage(bytes, { page }))) instanceof DatasetError,
    }));
  });
});

describe('sheets', () => {
  it.each(Object.entries(sheetSeeds()))('%s', async (kind, seeds) => {
    await feed(kind as Kind, seeds, async (bytes) => ({
      refused: (await outcome(async () => parsePromptSheet(bytes, `sheet.${kind}`))) instanceof DatasetError,
    }));
  });
});

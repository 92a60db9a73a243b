// Damaged and hostile files of every kind, pages and frames included: read, or refused with one of our errors, and never in much memory.
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodePromptSheet } from './create/xlsx.ts';
import { DatasetError } from './errors.ts';
import { decodeBmp } from './images/bmp.ts';
import { decodeImage } from './images/decode-node.ts';
import { imageDecoder } from './images/decoder.ts';
import { decodePng } from './images/png.ts';
import { encodeAnyPng, encodeBmp } from './images/testing/encoders.ts';
import { decodeTiff } from './images/tiff/decode.ts';
import { type Random, seededRandom } from './random.ts';
import { encapsulated, encodeDicom, encodeNifti, words } from './scans/testing/files.ts';
import { parsePromptSheet } from './sheets/sheets.ts';

/** The browser's decoders of what it does not decode itself. */
const decodePlainly = imageDecoder({
  png: (bytes) => decodePng(bytes),
  tiff: (bytes, { directory }) => decodeTiff(bytes, directory),
  bmp: decodeBmp,
  jpeg: () => Promise.reject(new Error('not in this test')),
  webp: () => Promise.reject(new Error('not in this test')),
});

const HOSTILE = [0, 1, 0x7f, 0x80, 0xff];

/** A file with a few bytes or words changed, cut, doubled or moved: what a broken disk does, and what somebody means to do. */
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

/** The checksums of a damaged PNG made right, so that what lies behind them is reached. */
function mendPng(bytes: Uint8Array): Uint8Array {
  const mended = Buffer.from(bytes);
  for (let at = 8; at + 12 <= mended.length; ) {
    const end = at + 8 + mended.readUInt32BE(at);
    if (end + 4 > mended.length) break;
    mended.writeUInt32BE(crc32(mended.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return mended;
}

/** Of each kind of file; twenty thousand in all. libvips, which has been fuzzed by others, takes longer over each. */
const CASES = 1500;
const CASES_OF_VIPS = 750;
/** What all cases of a kind together may add, in bytes: far below the 300 MB of the largest picture allowed. */
const MOST_MEMORY = 150 * 2 ** 20;
/** The same of the whole process, libvips and garbage not yet collected included. */
const MOST_RESIDENT = 400 * 2 ** 20;

interface Feeding {
  readonly cases?: number;
  readonly mend?: (bytes: Uint8Array) => Uint8Array;
}

/** Feeds damaged copies of the seeds; each is read, or refused by one of our errors. `page` is one that a seed may have, or none. */
async function feed(
  name: string,
  seeds: readonly Uint8Array[],
  read: (bytes: Uint8Array, page: number | undefined) => Promise<unknown>,
  { cases = CASES, mend = (bytes) => bytes }: Feeding = {},
) {
  const before = process.memoryUsage();
  let [refused, buffers, resident] = [0, 0, 0];
  for (let i = 0; i < cases; i++) {
    const random = seededRandom('fuzz', name, i);
    const bytes = mend(damage(seeds[i % seeds.length] as Uint8Array, random));
    try {
      await read(bytes, [undefined, 0, 1, 2][Math.floor(random() * 4)]);
    } catch (error) {
      if (!(error instanceof DatasetError)) throw new Error(`case ${i} of ${name}`, { cause: error });
      refused += 1;
    }
    const { arrayBuffers, rss } = process.memoryUsage();
    buffers = Math.max(buffers, arrayBuffers - before.arrayBuffers);
    resident = Math.max(resident, rss - before.rss);
  }
  // Neither all read, which would mean that nothing was damaged, nor all refused, which would mean that seeds are broken.
  expect(refused).toBeGreaterThan(cases / 20);
  expect(refused).toBeLessThan(cases);
  expect(buffers).toBeLessThan(MOST_MEMORY);
  expect(resident).toBeLessThan(MOST_RESIDENT);
}

const noise = sharp(
  Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * 73) >> 3),
  { raw: { width: 40, height: 30, channels: 3 } },
);
const files: Record<string, Uint8Array[]> = {};

beforeAll(async () => {
  const png = (colorType: 0 | 2 | 3 | 4 | 6, bits: 1 | 8 | 16, interlaced: boolean) =>
    encodeAnyPng({
      width: 21,
      height: 13,
      bits,
      colorType,
      interlaced,
      sample: (x, y) => (x * y) & 1,
      palette: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    });
  files.png = [png(0, 1, false), png(2, 8, true), png(3, 1, false), png(4, 16, false), png(6, 8, true)];
  files.tiff = await Promise.all(
    (['none', 'lzw', 'deflate', 'packbits'] as const).map((compression) =>
      noise.clone().tiff({ compression }).toBuffer(),
    ),
  );
  const page = await noise.clone().png().toBuffer();
  files['tiff pages'] = await Promise.all(
    (['none', 'lzw'] as const).map((compression) =>
      sharp([page, page, page], { join: { animated: true } })
        .tiff({ compression })
        .toBuffer(),
    ),
  );
  files.bmp = ([1, 8, 16, 24, 32] as const).map((bits) =>
    encodeBmp({
      width: 21,
      height: 13,
      bits,
      topDown: bits === 8,
      pixel: (x) => [x & 1, 7, 9],
      palette: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    }),
  );
  files.jpeg = [await noise.clone().jpeg().toBuffer(), await noise.clone().jpeg({ progressive: true }).toBuffer()];
  files.webp = [await noise.clone().webp().toBuffer(), await noise.clone().webp({ lossless: true }).toBuffer()];
  const pixels = words(Array.from({ length: 400 }, (_, i) => i));
  const segments = Buffer.alloc(64);
  [1, 64].forEach((n, i) => {
    segments.writeUInt32LE(n, 4 * i);
  });
  const runs = Buffer.concat([segments, Buffer.from(Array.from({ length: 8 }, () => [206, 3]).flat())]);
  files.dicom = [
    encodeDicom({ rows: 20, columns: 20, pixels }),
    encodeDicom({ syntax: 'deflated', rows: 20, columns: 20, pixels }, deflateRawSync),
    encodeDicom({ syntax: 'rle', allocated: 8, rows: 20, columns: 20, pixels: encapsulated([runs]) }),
    encodeDicom({ syntax: 'jpeg', allocated: 8, rows: 30, columns: 40, pixels: encapsulated(files.jpeg.slice(0, 1)) }),
  ];
  files['dicom frames'] = [
    encodeDicom({ frames: 3, rows: 10, columns: 10, pixels: pixels.subarray(0, 600) }),
    encodeDicom({ frames: 2, syntax: 'rle', allocated: 8, rows: 20, columns: 20, pixels: encapsulated([runs, runs]) }),
    encodeDicom({
      frames: 2,
      syntax: 'jpeg',
      allocated: 8,
      samples: 3,
      photometric: 'YBR_FULL_422',
      rows: 30,
      columns: 40,
      pixels: encapsulated(files.jpeg),
    }),
  ];
  const volume = encodeNifti({ dimensions: [20, 20, 1], values: Array.from({ length: 400 }, (_, i) => i) });
  files.nifti = [volume, gzipSync(volume)];
  const slices = encodeNifti({ dimensions: [10, 10, 4], values: Array.from({ length: 400 }, (_, i) => i) });
  files['nifti slices'] = [slices, gzipSync(slices)];
});

describe('images', () => {
  const mend = (kind: string) => (kind === 'png' ? mendPng : undefined);

  it.each(['png', 'tiff', 'tiff pages', 'jpeg', 'webp'])('%s by libvips', async (kind) => {
    const read = (bytes: Uint8Array, page?: number) => decodeImage(bytes, { page });
    await feed(kind, files[kind] as Uint8Array[], read, { cases: CASES_OF_VIPS, mend: mend(kind) });
  });

  it.each(['dicom', 'dicom frames', 'nifti', 'nifti slices'])('%s', async (kind) => {
    await feed(kind, files[kind] as Uint8Array[], (bytes, page) => decodeImage(bytes, { page }));
  });

  it.each(['png', 'tiff', 'tiff pages', 'bmp'])('%s by our own decoders, which pages use', async (kind) => {
    const read = (bytes: Uint8Array, page?: number) => decodePlainly(bytes, { page });
    await feed(kind, files[kind] as Uint8Array[], read, { mend: mend(kind) });
  });
});

describe('sheets', () => {
  const rows = Array.from({ length: 20 }, (_, i) => ({
    image: `${i}.png`,
    prompt: `one lesion, "${i}"`,
    mask: `${i}.png`,
  }));
  const text = (value: string) => [new TextEncoder().encode(value)];
  it.each([
    ['xlsx', () => [encodePromptSheet(rows)]],
    [
      'csv',
      () =>
        text(
          [
            'Image,Description,Mask',
            ...rows.map((r) => `${r.image},"${r.prompt.replaceAll('"', '""')}",${r.mask}`),
          ].join('\n'),
        ),
    ],
    [
      'jsonl',
      () => text(rows.map((r) => JSON.stringify({ Image: r.image, Description: r.prompt, Mask: r.mask })).join('\n')),
    ],
  ] as const)('%s', async (kind, seeds) => {
    await feed(kind, seeds(), (bytes) => parsePromptSheet(bytes, `sheet.${kind}`));
  });
});

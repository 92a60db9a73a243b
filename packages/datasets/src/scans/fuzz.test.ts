// Damaged compressed frames, tables and headers: decoded, or refused with a message about the file, without library internals.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isDatasetError } from '../errors.ts';
import { decodeImage } from '../images/decode-node.ts';
import { describeImage } from '../images/describe.ts';
import { type Random, seededRandom } from '../random.ts';
import { type Attribute, encapsulated, encodeDicom, encodeNifti, encodeNifti2, words } from './testing/files.ts';

const frames: Readonly<
  Record<string, { frame: string; rows: number; columns: number; samples: number; bits: number }>
> = JSON.parse(readFileSync(new URL('../fixtures/scan-codecs.json', import.meta.url), 'utf8'));

const compressed = (prefix: string, syntax: 'jpeg2000' | 'jpegLs' | 'jpegLossless') =>
  Object.entries(frames)
    .filter(([name]) => name.startsWith(prefix))
    .map(([, { frame, rows, columns, samples, bits }]) =>
      encodeDicom({
        syntax,
        rows,
        columns,
        samples,
        photometric: samples === 3 ? 'RGB' : 'MONOCHROME2',
        allocated: bits > 8 ? 16 : 8,
        stored: bits,
        pixels: encapsulated([Buffer.from(frame, 'base64')]),
      }),
    );

const values = Array.from({ length: 400 }, (_, i) => (i * 37) % 1000);
const image = { rows: 20, columns: 20, pixels: words(values) };
const table = (first: number): Attribute[] => [
  [0x0028, 0x3002, 'US', words([64, first, 12])],
  [0x0028, 0x3006, 'US', words(values.slice(0, 64))],
];
const palette = (element: number, entries: Uint8Array): Attribute[] =>
  [0, 1, 2].flatMap((c) => [
    [0x0028, 0x1101 + c, 'US', words([64, 0, 16])] as const,
    [0x0028, element + c, 'OW', entries] as const,
  ]);
const group = (center: string): Attribute[] => [
  [
    0x0028,
    0x9132,
    'SQ',
    [
      [
        [0x0028, 0x1050, 'DS', center],
        [0x0028, 0x1051, 'DS', '400'],
      ],
    ],
  ],
  [0x0028, 0x9110, 'SQ', [[[0x0028, 0x0030, 'DS', '0.5\\0.7']]]],
];

const SEEDS: Readonly<Record<string, readonly Uint8Array[]>> = {
  'JPEG 2000': compressed('JPEG 2000', 'jpeg2000'),
  'JPEG-LS': compressed('JPEG-LS', 'jpegLs'),
  'lossless and 12-bit JPEG': [...compressed('lossless', 'jpegLossless'), ...compressed('sequential', 'jpegLossless')],
  'DICOM tables and groups': [
    encodeDicom({
      ...image,
      more: [
        [0x0028, 0x3000, 'SQ', [table(0)]],
        [0x0028, 0x3010, 'SQ', [table(100)]],
      ],
    }),
    encodeDicom({ ...image, photometric: 'PALETTE COLOR', more: palette(0x1201, words(values.slice(0, 64))) }),
    encodeDicom({
      ...image,
      photometric: 'PALETTE COLOR',
      more: palette(0x1221, words([0, 2, 9, 900, 1, 60, 65_000, 2, 1, 0, 0])),
    }),
    encodeDicom({
      ...image,
      rows: 10,
      frames: 2,
      syntax: 'implicit',
      more: [
        [0x5200, 0x9229, 'SQ', [group('40')]],
        [0x5200, 0x9230, 'SQ', [group('90'), group('100')]],
      ],
    }),
  ],
  'NIfTI headers': [
    encodeNifti({ dimensions: [10, 10, 2, 2], sform: [2, 0, 0, 5, 0, -2, 0, 5, 0, 0, 3, 5], values }),
    encodeNifti({ dimensions: [10, 10, 4], qform: [0, 0, 1, -1], units: 2, values, extension: new Uint8Array(64) }),
    gzipSync(encodeNifti2({ dimensions: [10, 10, 4], values })),
    encodeNifti2({ dimensions: [10, 10, 4], values }, true),
  ],
};

function damage(whole: Uint8Array, random: Random): Uint8Array {
  const below = (n: number) => Math.floor(random() * n);
  let bytes = Uint8Array.from(whole);
  // Half of them in the second half, where the compressed data are.
  const start = random() < 0.5 ? bytes.length >> 1 : 0;
  for (let i = below(3); i >= 0; i--) {
    const at = start + below(bytes.length - start);
    const kind = random();
    if (kind < 0.5) bytes[at] = below(256);
    else if (kind < 0.75) bytes.fill([0, 1, 127, 128, 255][below(5)] as number, at, at + 1 + below(8));
    else if (kind < 0.85) bytes = bytes.slice(0, Math.max(start + 1, at));
    else bytes.copyWithin(at, start + below(bytes.length - start), start + below(bytes.length - start));
  }
  return bytes;
}

/** Words of engines and libraries. */
const INTERNAL =
  /\[object|undefined|NaN|DataView|bounds of|typed array|Invalid (array|date)|[Cc]annot (read|convert)|is not a|wasm|\[ERROR\]/;

describe('damaged scans', () => {
  it.each(Object.entries(SEEDS))('%s', async (kind, seeds) => {
    const cases = kind === 'JPEG-LS' ? 200 : 600;
    let refused = 0;
    for (let i = 0; i < cases; i++) {
      const random = seededRandom('fuzz scans', kind, i);
      const bytes = damage(seeds[i % seeds.length] as Uint8Array, random);
      const page = [undefined, 0, 1][i % 3];
      for (const read of [describeImage, decodeImage] as const)
        try {
          await read(bytes, { name: 'scan', page, volume: page });
        } catch (error) {
          if (!isDatasetError(error, 'datasets/image')) throw new Error(`case ${i} of ${kind}`, { cause: error });
          expect(error.message).toMatch(/^scan: expected .+, got .+\. [A-Z].+\.$/s);
          expect(error.message).not.toMatch(INTERNAL);
          refused += 1;
        }
    }
    expect(refused).toBeGreaterThan(cases / 20);
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(300 * 2 ** 20);
  });
});

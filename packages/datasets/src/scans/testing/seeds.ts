// Small whole DICOM and NIfTI files of every kind, which the fuzz tests damage.
import { readFileSync } from 'node:fs';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { type Attribute, encapsulated, encodeDicom, encodeNifti, encodeNifti2, words } from './files.ts';

const frames: Readonly<
  Record<string, { frame: string; rows: number; columns: number; samples: number; bits: number }>
> = JSON.parse(readFileSync(new URL('../../fixtures/scan-codecs.json', import.meta.url), 'utf8'));

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
const COLORS = Uint8Array.from({ length: 1200 }, (_, i) => (i * 91) >> 2);

/** Segment of 400 bytes, run-length encoded. */
const RUNS = (() => {
  const header = Buffer.alloc(64);
  header.writeUInt32LE(1, 0);
  header.writeUInt32LE(64, 4);
  return Buffer.concat([header, Buffer.from([255 - 98, 9, 49, ...COLORS.subarray(0, 50), 129, 200, 129, 3])]);
})();

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

/** DICOM files of every transfer syntax and NIfTI files, by kind. */
export const scanSeeds = (): Readonly<Record<string, readonly Uint8Array[]>> => ({
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
  'DICOM syntaxes': [
    encodeDicom({ ...image, syntax: 'bigEndian', pixels: words(values, true) }),
    encodeDicom({ ...image, syntax: 'implicit', photometric: 'MONOCHROME1', signed: 1, stored: 12 }),
    encodeDicom({ ...image, syntax: 'deflated', more: group('40') }, deflateRawSync),
    encodeDicom({ ...image, allocated: 8, samples: 3, planar: 1, photometric: 'YBR_FULL', pixels: COLORS }),
    encodeDicom({ ...image, allocated: 8, samples: 3, photometric: 'YBR_FULL_422', pixels: COLORS.subarray(400) }),
    encodeDicom({ ...image, allocated: 1, pixels: COLORS.subarray(0, 50) }),
    encodeDicom({ ...image, rows: 10, allocated: 32, stored: 20, highBit: 19, signed: 1 }),
    encodeDicom({ ...image, allocated: 8, samples: 1, syntax: 'rle', pixels: encapsulated([RUNS]) }),
    encodeDicom({
      ...image,
      more: [
        [0x0028, 0x1050, 'DS', '300'],
        [0x0028, 0x1051, 'DS', '99.5'],
        [0x0028, 0x1056, 'CS', 'SIGMOID'],
      ],
    }),
    encodeDicom({ ...image, more: [[0x0028, 0x0120, 'US', 37]] }),
  ],
  'NIfTI types': [
    encodeNifti({ dimensions: [10, 10, 4], type: 128, bitsPerVoxel: 24, values: COLORS }),
    encodeNifti({ dimensions: [10, 5, 2], type: 1024, bitsPerVoxel: 64, values: COLORS.subarray(0, 800) }),
    encodeNifti({ dimensions: [10, 10, 3], type: 16, bitsPerVoxel: 32, values: COLORS }),
    encodeNifti({ dimensions: [10, 10, 4], slope: 0.5, intercept: -7, window: [10, 300], values }),
    encodeNifti({ dimensions: [10, 10, 4], slope: Number.NaN, values }),
  ],
});

// DICOM frames and NIfTI slices: every way the pixels may lie, windows as the standard has them, and refusals that say what to do.
import { deflateRawSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../images/decode-node.ts';
import { type DicomPicture, encapsulated, encodeDicom, encodeNifti, words } from './testing/files.ts';
import { fullWindow, linearWindow, throughWindow } from './window.ts';

const gray = async (bytes: Uint8Array, page?: number) => [...(await decodeImage(bytes, { as: 'gray', page })).data];
const window = (center: string, width: string): DicomPicture['more'] => [
  [0x0028, 0x1050, 'DS', center],
  [0x0028, 0x1051, 'DS', width],
];

describe('windows', () => {
  it('are DICOM’s: its own example of C.11.2.1.2 maps center 2048 and width 4096 onto 0 to 255', () => {
    const { low, high } = linearWindow(2048, 4096);
    expect([low, high]).toEqual([0, 4095]);
    // A pixel is ((x - (c - 0.5)) / (w - 1) + 0.5) * 255.
    const x = 1000;
    expect(throughWindow([-5, 0, x, 4095, 9000], { low, high })).toEqual(
      Uint8Array.from([0, 0, Math.round(((x - 2047.5) / 4095 + 0.5) * 255), 255, 255]),
    );
  });

  it('of width 1 are thresholds, of one value black, and never follow what is no number', () => {
    expect([...throughWindow([39, 40], linearWindow(40, 1))]).toEqual([0, 255]);
    expect([...throughWindow([7, 7], fullWindow([7, 7]))]).toEqual([0, 0]);
    expect([...throughWindow([Number.NaN, 0, 1, Infinity], fullWindow([Number.NaN, 0, 1, Infinity]))]).toEqual([
      0, 0, 255, 255,
    ]);
    expect(fullWindow([])).toEqual({ low: 0, high: 1 });
  });
});

describe('DICOM', () => {
  const values = [0, 100, 200, 300, 400, 500];
  const picture: DicomPicture = { rows: 2, columns: 3, pixels: words(values) };
  const full = [0, 51, 102, 153, 204, 255];

  it('uncompressed, in every order of bytes and deflated, from the smallest value to the largest', async () => {
    expect(await gray(encodeDicom(picture))).toEqual(full);
    expect(await gray(encodeDicom({ ...picture, syntax: 'implicit' }))).toEqual(full);
    expect(await gray(encodeDicom({ ...picture, syntax: 'bigEndian', pixels: words(values, true) }))).toEqual(full);
    expect(await gray(encodeDicom({ ...picture, syntax: 'deflated' }, deflateRawSync))).toEqual(full);
  });

  it('rescaled, through its window, and inverted where low is white', async () => {
    const rescaled: DicomPicture = {
      ...picture,
      more: [...(window('40', '401') ?? []), [0x0028, 0x1052, 'DS', '-160'], [0x0028, 0x1053, 'DS', '1']],
    };
    // Values -160 to 340 through -160.5 to 239.5.
    const expected = values.map((v) => Math.min(255, Math.round(((v - 160 + 160.5) * 255) / 400)));
    expect(await gray(encodeDicom(rescaled))).toEqual(expected);
    const inverted = encodeDicom({ ...rescaled, photometric: 'MONOCHROME1' });
    expect(await gray(inverted)).toEqual(expected.map((v) => 255 - v));
  });

  it('of several windows takes the first', async () => {
    expect(await gray(encodeDicom({ ...picture, more: window('250.5\\40', '501\\400') }))).toEqual(full);
  });

  it('12 bits of 16, signed: what lies above them is not read', async () => {
    const signed = [-2048, -1000, 0, 1000, 2000, 2047];
    const bytes = encodeDicom({
      ...picture,
      stored: 12,
      signed: 1,
      pixels: words(signed.map((v) => (v & 0xfff) | 0x5000)),
    });
    expect(await gray(bytes)).toEqual(signed.map((v) => Math.round(((v + 2048) * 255) / 4095)));
  });

  it('a frame of several, which must be told', async () => {
    const frames = { ...picture, frames: 2, pixels: Buffer.concat([words(values), words([...values].reverse())]) };
    expect(await gray(encodeDicom(frames), 1)).toEqual([...full].reverse());
    await expect(decodeImage(encodeDicom(frames), { name: 'a.dcm' })).rejects.toThrow(
      'a.dcm: expected a choice of one of its 2 pages',
    );
    await expect(decodeImage(encodeDicom({ ...frames, frames: 3 }), { page: 2 })).rejects.toThrow('24 bytes of pixels');
  });

  it('color: RGB by pixel and by plane, YBR, and through a palette', async () => {
    const rgb = [200, 30, 40, 10, 220, 60];
    const colored: DicomPicture = {
      rows: 1,
      columns: 2,
      samples: 3,
      photometric: 'RGB',
      allocated: 8,
      pixels: Uint8Array.from(rgb),
    };
    expect([...(await decodeImage(encodeDicom(colored))).data]).toEqual(rgb);
    const planes = Uint8Array.from([200, 10, 30, 220, 40, 60]);
    expect([...(await decodeImage(encodeDicom({ ...colored, planar: 1, pixels: planes }))).data]).toEqual(rgb);
    const neutral = Uint8Array.from([90, 128, 128, 200, 128, 128]);
    expect([
      ...(await decodeImage(encodeDicom({ ...colored, photometric: 'YBR_FULL', pixels: neutral }))).data,
    ]).toEqual([90, 90, 90, 200, 200, 200]);
    const table = (values: number[]) => words(values.map((v) => v << 8));
    const descriptor = words([3, 5, 16]);
    const palette: DicomPicture = {
      rows: 1,
      columns: 4,
      photometric: 'PALETTE COLOR',
      allocated: 8,
      pixels: Uint8Array.from([5, 6, 7, 0]),
      more: [
        ...[0x1101, 0x1102, 0x1103].map((element) => [0x0028, element, 'US', descriptor] as const),
        [0x0028, 0x1201, 'OW', table([1, 2, 3])],
        [0x0028, 0x1202, 'OW', table([4, 5, 6])],
        [0x0028, 0x1203, 'OW', table([7, 8, 9])],
      ],
    };
    // Indices begin at 5; what lies below takes the first color.
    expect([...(await decodeImage(encodeDicom(palette))).data]).toEqual([1, 4, 7, 2, 5, 8, 3, 6, 9, 1, 4, 7]);
  });

  it('run-length encoded, the high bytes first', async () => {
    const segment = (...bytes: number[]) => Buffer.from(bytes.length % 2 ? [...bytes, 0] : bytes);
    // High bytes 0 0 0 1 1 1 as two runs; low bytes as they are.
    const [high, low] = [segment(254, 0, 254, 1), segment(5, ...values.map((v) => v & 255))];
    const head = Buffer.alloc(64);
    [2, 64, 64 + high.length].forEach((n, i) => {
      head.writeUInt32LE(n, 4 * i);
    });
    const bytes = encodeDicom({ ...picture, syntax: 'rle', pixels: encapsulated([Buffer.concat([head, high, low])]) });
    expect(await gray(bytes)).toEqual(full);
  });

  it('baseline JPEG, by the decoder of pictures', async () => {
    const raw = { width: 16, height: 8, channels: 1 } as const;
    const jpeg = await sharp(
      Uint8Array.from({ length: 128 }, (_, i) => 2 * i),
      { raw },
    )
      .toColourspace('b-w')
      .jpeg()
      .toBuffer();
    const bytes = encodeDicom({
      syntax: 'jpeg',
      rows: 8,
      columns: 16,
      allocated: 8,
      more: window('128', '256'),
      pixels: encapsulated([jpeg]),
    });
    const direct = await gray(jpeg);
    expect(await gray(bytes)).toEqual(direct.map((v) => Math.round(((v - 0) * 255) / 255)));
  });

  it.each([
    [
      'a packing that is not read',
      { syntax: 'jpegLossless', pixels: encapsulated([Buffer.alloc(4)]) },
      /transfer syntax 1.2.840.10008.1.2.4.70; decompress it first/,
    ],
    ['bits that are not read', { allocated: 32, pixels: Buffer.alloc(24) }, /expected 8 or 16 bits allocated/],
    ['too few pixels', { pixels: Buffer.alloc(4) }, /4 bytes of pixels/],
    ['another color space', { photometric: 'HSV' }, /expected MONOCHROME1, .* got HSV with 1 samples/],
    ['no size', { rows: 0 }, /expected 1 to 100000000 pixels, got 3x0/],
  ] as const)('%s is refused', async (_, change, reason) => {
    await expect(decodeImage(encodeDicom({ ...picture, ...change }), { name: 'x.dcm' })).rejects.toThrow(reason);
  });
});

describe('NIfTI', () => {
  const volume = { dimensions: [2, 3, 2], values: [0, 100, 200, 300, 400, 500, 500, 400, 300, 200, 100, 0] };

  it('a slice of a volume, gzipped or not', async () => {
    for (const bytes of [encodeNifti(volume), gzipSync(encodeNifti(volume))]) {
      expect(await decodeImage(bytes, { as: 'gray', page: 1 })).toEqual({
        width: 2,
        height: 3,
        channels: 1,
        data: Uint8Array.from([255, 204, 153, 102, 51, 0]),
      });
      await expect(decodeImage(bytes)).rejects.toThrow(
        'expected a choice of one of its 2 pages (page 0 to 1), got none',
      );
    }
  });

  it('rescaled and through the window of its header', async () => {
    const bytes = encodeNifti({ ...volume, slope: 2, intercept: -100, window: [100, 610] });
    const shown = [-100, 100, 300, 500, 700, 900].map((v) => Math.min(255, Math.max(0, Math.round((v - 100) / 2))));
    expect(await gray(bytes, 0)).toEqual(shown);
  });

  it('without a window leaves out the outliers of the slice', async () => {
    const values = Array.from({ length: 200 }, (_, i) => (i === 0 ? 30_000 : i));
    const pixels = await gray(encodeNifti({ dimensions: [20, 10], values }));
    expect(pixels[0]).toBe(255);
    expect(pixels[100]).toBeGreaterThan(120);
  });

  it.each([
    ['cut short', encodeNifti(volume).subarray(0, 360), 0, /360 of 364 bytes/],
    [
      'of four dimensions',
      encodeNifti({ ...volume, dimensions: [2, 3, 1, 2] }),
      0,
      /expected a volume of three dimensions, got dimensions 2x3x1x2/,
    ],
    ['that ends nowhere', encodeNifti({ dimensions: [9000, 9000, 9000], values: [] }), 8999, /expected a slice within/],
    [
      'that is another gzipped file',
      gzipSync(Buffer.from('text')),
      0,
      /expected a NIfTI volume in one file, got a gzipped file of another kind/,
    ],
  ])('a volume %s is refused', async (_, bytes, page, reason) => {
    await expect(decodeImage(bytes, { page })).rejects.toThrow(reason);
  });
});

// Small whole files of every kind, which the fuzz test damages.
import { deflateRawSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { encodePromptSheet } from '../create/xlsx.ts';
import { encodeAnyPng, encodeBmp, encodeTiff } from '../images/testing/encoders.ts';
import { encapsulated, encodeDicom, encodeNifti, words } from '../scans/testing/files.ts';

const PALETTE = [
  [1, 2, 3],
  [4, 5, 6],
] as const;

const noise = (channels: 1 | 3 = 3) =>
  sharp(
    Uint8Array.from({ length: 40 * 30 * channels }, (_, i) => (i * 73) >> 3),
    { raw: { width: 40, height: 30, channels } },
  );

function pngs(): Uint8Array[] {
  const png = (colorType: 0 | 2 | 3 | 4 | 6, bits: 1 | 8 | 16, interlaced: boolean) =>
    encodeAnyPng({
      width: 21,
      height: 13,
      bits,
      colorType,
      interlaced,
      sample: (x, y) => (x * y) & 1,
      palette: PALETTE,
    });
  // 12-bit values in 16 bits.
  const dark = encodeAnyPng({
    width: 21,
    height: 13,
    bits: 16,
    colorType: 0,
    interlaced: false,
    sample: (x, y) => (x * y * 17) & 4095,
  });
  return [
    png(0, 1, false),
    png(2, 8, true),
    png(3, 1, false),
    png(4, 16, false),
    png(6, 8, true),
    png(2, 16, true),
    dark,
  ];
}

async function tiffs(): Promise<Uint8Array[]> {
  const value = (x: number, y: number, c: number) => (7 * x + 31 * y + c) & 127;
  const layout = { width: 23, height: 17, samples: 3, bits: 8, value };
  const packed = (['none', 'lzw', 'deflate', 'packbits', 'jpeg'] as const).map((compression) =>
    noise().tiff({ compression }).toBuffer(),
  );
  return [
    ...(await Promise.all(packed)),
    await noise(1).threshold().toColourspace('b-w').tiff({ compression: 'ccittfax4', bitdepth: 1 }).toBuffer(),
    encodeTiff({ ...layout, tile: 16, planar: true, deflate: true, predictor: 2 }),
    encodeTiff({ ...layout, samples: 1, bits: 12, littleEndian: false, rowsPerStrip: 4 }),
    encodeTiff({ ...layout, samples: 1, bits: 32, format: 'float', deflate: true, predictor: 3 }),
    encodeTiff({ ...layout, big: true, samples: 4, photometric: 5 }),
    encodeTiff({ ...layout, samples: 1, reversed: true, rowsPerStrip: 3 }),
    encodeTiff({ ...layout, samples: 1, bits: 4, photometric: 0, value: (x, y) => (x + y) & 15 }),
    encodeTiff({ ...layout, samples: 2, bits: 16, planar: true, tags: { 338: [2] } }),
    encodeTiff({ ...layout, samples: 4, tags: { 338: [1], 274: [7] } }),
    encodeTiff({ ...layout, samples: 1, bits: 16, format: 'signed', littleEndian: false, tile: 16 }),
    encodeTiff({ ...layout, samples: 1, bits: 64, format: 'float', big: true }),
  ];
}

async function tiffPages(): Promise<Uint8Array[]> {
  const page = await noise().png().toBuffer();
  const stacks = (['none', 'lzw'] as const).map((compression) =>
    sharp([page, page, page], { join: { animated: true } })
      .tiff({ compression })
      .toBuffer(),
  );
  return Promise.all(stacks);
}

const bmps = (): Uint8Array[] =>
  ([1, 8, 16, 24, 32] as const).map((bits) =>
    encodeBmp({ width: 21, height: 13, bits, topDown: bits === 8, pixel: (x) => [x & 1, 7, 9], palette: PALETTE }),
  );

const jpegs = (): Promise<Uint8Array[]> =>
  Promise.all([
    noise().jpeg().toBuffer(),
    noise().jpeg({ progressive: true }).toBuffer(),
    noise(1).toColourspace('b-w').jpeg().toBuffer(),
    noise().jpeg({ chromaSubsampling: '4:4:4', quality: 95 }).withMetadata({ orientation: 6 }).toBuffer(),
    noise().toColourspace('cmyk').jpeg().toBuffer(),
    noise().toColourspace('cmyk').jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer(),
    noise().jpeg({ quality: 20, optimizeCoding: false }).withMetadata({ orientation: 5 }).toBuffer(),
  ]);

const webps = (): Promise<Uint8Array[]> =>
  Promise.all([
    noise().webp().toBuffer(),
    noise().webp({ lossless: true }).toBuffer(),
    noise().ensureAlpha(0.5).webp().toBuffer(),
    noise().ensureAlpha(0.5).webp({ lossless: true }).toBuffer(),
    noise().webp({ lossless: true }).withMetadata({ orientation: 6 }).toBuffer(),
    noise().webp().withMetadata({ orientation: 3 }).toBuffer(),
  ]);

function dicoms([jpeg]: readonly Uint8Array[]): { readonly single: Uint8Array[]; readonly frames: Uint8Array[] } {
  const pixels = words(Array.from({ length: 400 }, (_, i) => i));
  const segments = Buffer.alloc(64);
  for (const [i, n] of [1, 64].entries()) segments.writeUInt32LE(n, 4 * i);
  const runs = Buffer.concat([segments, Buffer.from(Array.from({ length: 8 }, () => [206, 3]).flat())]);
  const square = { rows: 20, columns: 20 };
  const encapsulatedJpeg = { syntax: 'jpeg', allocated: 8, rows: 30, columns: 40 } as const;
  return {
    single: [
      encodeDicom({ ...square, pixels }),
      encodeDicom({ syntax: 'deflated', ...square, pixels }, deflateRawSync),
      encodeDicom({ syntax: 'rle', allocated: 8, ...square, pixels: encapsulated([runs]) }),
      encodeDicom({ ...encapsulatedJpeg, pixels: encapsulated([jpeg as Uint8Array]) }),
    ],
    frames: [
      encodeDicom({ frames: 3, rows: 10, columns: 10, pixels: pixels.subarray(0, 600) }),
      encodeDicom({ frames: 2, syntax: 'rle', allocated: 8, ...square, pixels: encapsulated([runs, runs]) }),
      encodeDicom({
        ...encapsulatedJpeg,
        frames: 2,
        samples: 3,
        photometric: 'YBR_FULL_422',
        pixels: encapsulated([jpeg as Uint8Array, jpeg as Uint8Array]),
      }),
    ],
  };
}

function niftis(dimensions: readonly number[]): Uint8Array[] {
  const volume = encodeNifti({ dimensions: [...dimensions], values: Array.from({ length: 400 }, (_, i) => i) });
  return [volume, gzipSync(volume)];
}

/** Image files by kind. */
export async function imageSeeds(): Promise<Readonly<Record<string, readonly Uint8Array[]>>> {
  const jpeg = await jpegs();
  const { single, frames } = dicoms(jpeg);
  return {
    png: pngs(),
    tiff: await tiffs(),
    'tiff pages': await tiffPages(),
    bmp: bmps(),
    jpeg,
    webp: await webps(),
    dicom: single,
    'dicom frames': frames,
    nifti: niftis([20, 20, 1]),
    'nifti slices': niftis([10, 10, 4]),
  };
}

/** Prompt sheets by kind. */
export function sheetSeeds(): Readonly<Record<string, readonly Uint8Array[]>> {
  const rows = Array.from({ length: 20 }, (_, i) => ({
    image: `${i}.png`,
    prompt: `one lesion, "${i}"`,
    mask: `${i}.png`,
  }));
  const text = (lines: readonly string[]) => [new TextEncoder().encode(lines.join('\n'))];
  const quoted = rows.map((row) => `${row.image},"${row.prompt.replaceAll('"', '""')}",${row.mask}`);
  return {
    xlsx: [encodePromptSheet(rows)],
    csv: text(['Image,Description,Mask', ...quoted]),
    jsonl: text(rows.map((row) => JSON.stringify({ Image: row.image, Description: row.prompt, Mask: row.mask }))),
  };
}

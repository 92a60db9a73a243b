// Decoders against images whose pixels are known.
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { foundInstead, ImageError } from '../errors.ts';
import { decodeBmp } from './bmp.ts';
import { toColor } from './convert.ts';
import { decodeImage, readImage } from './decode-node.ts';
import { readHeader, sniffFormat } from './header.ts';
import { joinMasks } from './masks.ts';
import { decodePng } from './png.ts';
import type { RasterImage } from './raster.ts';
import { chunk, encodeAnyPng, encodeBmp, type PngDrawing, SAMPLES } from './testing/encoders.ts';
import { decodeTiff } from './tiff/decode.ts';

const DEPTHS = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] } as const;
const pngKinds = (Object.keys(DEPTHS) as unknown as (keyof typeof DEPTHS)[]).flatMap((colorType) =>
  DEPTHS[colorType].flatMap((bits) =>
    [false, true].map((interlaced) => ({ colorType: Number(colorType) as keyof typeof DEPTHS, bits, interlaced })),
  ),
);

/** A value that looks random and is the same for the same place. */
const scatter = (...parts: number[]) => parts.reduce((h, v) => (Math.imul(h ^ v, 0x9e3779b1) >>> 0) % 0xfffffffb, 7);

const palette = Array.from(
  { length: 256 },
  (_, i) => [scatter(i, 0) & 255, scatter(i, 1) & 255, scatter(i, 2) & 255] as const,
);

/** What OpenCV would read: palettes resolved, few bits stretched, the low byte and alpha dropped. */
function truth({ width, height, bits, colorType, sample }: PngDrawing): number[] {
  const to8 = (value: number) => (bits === 16 ? value >> 8 : (value * 255) / (2 ** bits - 1));
  return Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    if (colorType === 3) return [...(palette[sample(x, y, 0)] as readonly number[])];
    return [0, 1, 2].map((c) => to8(sample(x, y, SAMPLES[colorType] < 3 ? 0 : c)));
  }).flat();
}

const color = (image: RasterImage) => [...toColor(image).data];

describe('PNG', () => {
  it.each(pngKinds)('color type $colorType with $bits bits, interlaced: $interlaced', async (kind) => {
    const sizes = fc.record({ width: fc.integer({ min: 1, max: 19 }), height: fc.integer({ min: 1, max: 19 }) });
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(1000), async (size, salt) => {
        const drawing: PngDrawing = {
          ...kind,
          ...size,
          sample: (x, y, c) => scatter(x, y, c, salt) & (2 ** kind.bits - 1),
          ...(kind.colorType === 3 && { palette: palette.slice(0, 2 ** kind.bits) }),
        };
        const bytes = encodeAnyPng(drawing);
        const expected = truth(drawing);
        expect(color(decodePng(bytes))).toEqual(expected);
        expect(color(await decodeImage(bytes))).toEqual(expected);
      }),
      { numRuns: 8 },
    );
  });
});

const noise = (width: number, height: number, channels: 1 | 3) =>
  sharp(
    Uint8Array.from({ length: width * height * channels }, (_, i) => scatter(i) & 255),
    {
      raw: { width, height, channels },
    },
  );

describe('BMP', () => {
  const bmp = (change: (bytes: Buffer) => void) => {
    const drawing = { width: 4, height: 2, bits: 8, topDown: false, pixel: (x: number) => [x, 0, 0] } as const;
    const palette = Array.from({ length: 256 }, (_, i) => [i, i, i] as const);
    const bytes = Buffer.from(encodeBmp({ ...drawing, palette }));
    change(bytes);
    return bytes;
  };

  it('colors that the palette does not have are refused, not taken from the pixels', () => {
    expect([...decodeBmp(bmp(() => {})).data.subarray(0, 12)]).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
    expect(() => decodeBmp(bmp((bytes) => bytes.writeUInt32LE(3, 46)))).toThrow('color 3 of a palette of 3');
    // Pixels that begin within the palette.
    expect(() => decodeBmp(bmp((bytes) => bytes.writeUInt32LE(54, 10)))).toThrow('of a palette of 0');
  });

  it('compression is named', () => {
    expect(() => decodeBmp(bmp((bytes) => bytes.writeUInt32LE(1, 30)))).toThrow(
      'BMP compression 1 (run lengths of 8 bits)',
    );
  });

  it.each([1, 4, 8, 16, 24, 32] as const)('%i bits, from the bottom up and from the top down', async (bits) => {
    for (const topDown of [false, true]) {
      const pixel = (x: number, y: number) =>
        bits <= 8
          ? [scatter(x, y) & (2 ** bits - 1)]
          : [0, 1, 2].map((c) => scatter(x, y, c) & (bits === 16 ? 0xf8 : 255));
      const drawing = {
        width: 13,
        height: 7,
        bits,
        topDown,
        pixel,
        ...(bits <= 8 && { palette: palette.slice(0, 2 ** bits) }),
      };
      const expected = Array.from({ length: 13 * 7 }, (_, i) => {
        const [value = 0, ...rest] = pixel(i % 13, Math.floor(i / 13));
        if (bits <= 8) return [...(palette[value] as readonly number[])];
        return [value, ...rest].map((v) => (bits === 16 ? Math.round(((v >> 3) * 255) / 31) : v));
      }).flat();
      expect([...decodeBmp(encodeBmp(drawing)).data]).toEqual(expected);
    }
  });
});

describe('orientation', () => {
  const upright = noise(6, 4, 3);
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('%i is undone in PNG and TIFF', async (orientation) => {
    const tiff = await upright.clone().withMetadata({ orientation }).tiff({ compression: 'none' }).toBuffer();
    const turned = color(await decodeImage(tiff));
    expect(color(decodeTiff(tiff, 0))).toEqual(turned);
    const png = await upright.clone().withMetadata({ orientation }).png().toBuffer();
    expect(color(await decodeImage(png))).toEqual(turned);
    expect(color(decodePng(png))).toEqual(turned);
  });

  it('of a JPEG is applied', async () => {
    const bytes = await noise(6, 4, 3).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await decodeImage(bytes)).toMatchObject({ width: 4, height: 6 });
  });
});

describe('16-bit PNG', () => {
  const twelve = (bits: 16, most: number): PngDrawing => ({
    width: 9,
    height: 1,
    bits,
    colorType: 0,
    interlaced: false,
    sample: (x) => Math.floor((x * most) / 8),
  });

  it('of 12-bit values is nearly black, with a warning', async () => {
    const warnings: string[] = [];
    const bytes = encodeAnyPng(twelve(16, 4095));
    const { data } = await decodeImage(bytes, { as: 'gray', name: 'ct.png', onWarning: (text) => warnings.push(text) });
    expect(Math.max(...data)).toBe(15);
    expect(warnings).toEqual([
      'ct.png: 16-bit samples up to 4095 are nearly black, because the high byte is shown, as in the published pipeline. Give a window: the option `window`, or --window CENTER,WIDTH on the command line, for example 2047.5,4095.',
    ]);
    // Other images are shown as they should be.
    const windows: unknown[] = [];
    const onWindow = (window: unknown) => windows.push(window);
    await decodeImage(bytes, { onWindow });
    await decodeImage(bytes, { onWindow, window: { center: 2000, width: 100 } });
    expect(windows).toEqual([
      { source: 'depth', low: 0, high: 65535, values: { low: expect.any(Number), high: expect.any(Number) } },
      { source: 'option', low: 1950, high: 2050 },
    ]);
    await decodeImage(encodeAnyPng(twelve(16, 65535)), { onWarning: (text) => warnings.push(text) });
    await decodeImage(encodeAnyPng({ ...twelve(16, 0) }), { onWarning: (text) => warnings.push(text) });
    expect(warnings).toHaveLength(1);
  });

  it('through a window, and of 8 bits too', async () => {
    const window = { center: 2047.5, width: 4095 };
    const { data } = await decodeImage(encodeAnyPng(twelve(16, 4095)), { as: 'gray', window });
    expect([...data]).toEqual(
      Array.from({ length: 9 }, (_, x) => Math.round((Math.floor((x * 4095) / 8) * 255) / 4095)),
    );
    const eight = encodeAnyPng({ ...twelve(16, 100), bits: 8 });
    const shown = await decodeImage(eight, { as: 'gray', window: { center: 50, width: 100 } });
    expect([shown.data[0], shown.data[8]]).toEqual([0, 255]);
  });
});

describe('a PNG cut after its pixels', () => {
  const whole = encodeAnyPng({
    width: 9,
    height: 7,
    bits: 8,
    colorType: 2,
    interlaced: false,
    sample: (x, y, c) => x * y + c,
  });
  const expected = decodePng(whole).data;
  it.each([12, 4, 1])('%i bytes before its end is read, in both runtimes', async (lost) => {
    const cut = whole.subarray(0, -lost);
    expect(decodePng(cut).data).toEqual(expected);
    expect((await decodeImage(cut)).data).toEqual(expected);
  });
  it('within its pixels is refused, in both runtimes', async () => {
    const cut = whole.subarray(0, whole.length - 40);
    expect(() => decodePng(cut)).toThrow('ends early');
    await expect(decodeImage(cut)).rejects.toThrow('ends early');
  });
});

describe('limits', () => {
  it('an image that claims too many pixels is refused before it is decoded', async () => {
    const png = Buffer.from(
      encodeAnyPng({ width: 1, height: 1, bits: 8, colorType: 0, interlaced: false, sample: () => 0 }),
    );
    png.writeUInt32BE(60_000, 16);
    png.writeUInt32BE(60_000, 20);
    await expect(decodeImage(png, { name: 'huge.png' })).rejects.toThrow(
      'huge.png: expected 1 to 50000000 pixels, got 60000x60000',
    );
  });

  it('pixels that unpack to more than the header says are not stored', () => {
    const bomb = encodeAnyPng({ width: 1000, height: 500, bits: 8, colorType: 0, interlaced: false, sample: () => 0 });
    const small = chunk('IHDR', Uint8Array.from([0, 0, 0, 2, 0, 0, 0, 2, 8, 0, 0, 0, 0]));
    const lying = Buffer.concat([bomb.subarray(0, 8), small, bomb.subarray(33)]);
    expect([...decodePng(lying).data]).toEqual([0, 0, 0, 0]);
    // A byte changed without its checksum is found.
    const broken = Buffer.concat([bomb.subarray(0, 8), small.fill(3, 11, 12), bomb.subarray(33)]);
    expect(() => decodePng(broken)).toThrow(/checksum of chunk IHDR/);
  });

  it.each([
    ['text', new TextEncoder().encode('no image'), 'bytes of another kind'],
    ['a lone signature', Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), 'ends early'],
    ['nothing', new Uint8Array(0), 'an empty file'],
    ['a GIF', new TextEncoder().encode('GIF89a...'), 'a GIF file. Convert it to PNG.'],
    ['a JPEG 2000 file', Uint8Array.from([0xff, 0x4f, 0xff, 0x51, 0, 0]), 'a JPEG 2000 file'],
    ['a JPEG XL file', Uint8Array.from([0xff, 0x0a, 0, 0]), 'a JPEG XL file'],
    ['an AVIF file', new TextEncoder().encode('\0\0\0\x1cftypavif'), 'an AVIF file'],
    ['a web page', new TextEncoder().encode('<!DOCTYPE html><title>'), 'a web page. Download the file itself.'],
    ['a web page after blank lines', new TextEncoder().encode('\n\n  <html>'), 'a web page'],
    ['a Git LFS pointer', new TextEncoder().encode('version https://git-lfs.github.com/spec/v1'), 'git lfs pull'],
    ['DICOM without a preamble', Uint8Array.from([8, 0, 5, 0, 10, 0, 0, 0]), 'without the preamble'],
  ])('%s is no image', async (_, bytes, reason) => {
    await expect(decodeImage(bytes, { name: 'x.png' })).rejects.toThrow(reason);
    await expect(decodeImage(bytes)).rejects.toBeInstanceOf(ImageError);
  });

  it('a file that the system refuses to open says why', async () => {
    const denied = Object.assign(new Error("EACCES: permission denied, open 'a.png'"), { code: 'EACCES' });
    expect(foundInstead(denied)).toBe("'EACCES: permission denied, open 'a.png''");
    // A file where a folder is expected, which is refused to every user.
    await expect(readImage(`${import.meta.filename}/a.png`)).rejects.toThrow("expected an image file, got 'ENOTDIR");
    await expect(readImage(`${import.meta.dirname}/none.png`)).rejects.toThrow('expected an image file, got none');
  });

  it('formats are recognized by their signature', async () => {
    for (const format of ['png', 'jpeg', 'tiff', 'webp'] as const)
      expect(sniffFormat(await noise(9, 5, 3).toFormat(format).toBuffer())).toBe(format);
    for (const options of [{ lossless: true }, { lossless: false }, { alphaQuality: 50 }]) {
      const bytes = await noise(9, 5, 3).ensureAlpha(0.5).webp(options).toBuffer();
      expect(readHeader(bytes, 'webp')).toMatchObject({ width: 9, height: 5 });
    }
  });
});

describe('masks', () => {
  const mask = (...data: number[]): RasterImage => ({
    width: data.length,
    height: 1,
    channels: 1,
    data: Uint8Array.from(data),
  });

  it('of one image are joined', () => {
    expect([...joinMasks([mask(0, 255, 0), mask(0, 0, 200), mask(0, 9, 0)]).data]).toEqual([0, 255, 200]);
  });

  it('must be of one size, and there', () => {
    expect(() => joinMasks([mask(0), mask(0, 1)])).toThrow('expected masks of 1x1 pixels, got 2x1');
    expect(() => joinMasks([])).toThrow('expected at least one mask, got none');
  });
});

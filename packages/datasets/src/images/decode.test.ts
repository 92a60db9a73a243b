// Decoders against pictures whose pixels are known, and the two runtimes' decoders against each other.
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { ImageError } from '../errors.ts';
import { decodeBmp } from './bmp.ts';
import { toColor } from './convert.ts';
import { decodeImage } from './decode-node.ts';
import { readHeader, sniffFormat } from './header.ts';
import { joinMasks } from './masks.ts';
import { decodePng } from './png.ts';
import type { RasterImage } from './raster.ts';
import { chunk, encodeAnyPng, encodeBmp, type PngPicture, SAMPLES } from './testing/encoders.ts';
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
function truth({ width, height, bits, colorType, sample }: PngPicture): number[] {
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
        const picture: PngPicture = {
          ...kind,
          ...size,
          sample: (x, y, c) => scatter(x, y, c, salt) & (2 ** kind.bits - 1),
          ...(kind.colorType === 3 && { palette: palette.slice(0, 2 ** kind.bits) }),
        };
        const bytes = encodeAnyPng(picture);
        const expected = truth(picture);
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

describe('TIFF', () => {
  const packings = ['none', 'lzw', 'deflate', 'packbits'] as const;
  const kinds = packings.flatMap((compression) => [
    { compression, predictor: 'none' as const, tile: false },
    { compression, predictor: 'horizontal' as const, tile: false },
    { compression, predictor: 'none' as const, tile: true },
  ]);

  it.each(kinds)('$compression, predictor $predictor, tiles: $tile', async ({ compression, predictor, tile }) => {
    for (const channels of [1, 3] as const) {
      const tiles = tile ? { tile, tileWidth: 32, tileHeight: 16 } : {};
      const bytes = await noise(75, 61, channels)
        .tiff({ compression, predictor, ...tiles })
        .toBuffer();
      expect(color(decodeTiff(bytes, 0))).toEqual(color(await decodeImage(bytes)));
    }
  });

  it.each([1, 2, 4] as const)('%i bits', async (bitdepth) => {
    const bytes = await noise(37, 23, 1)
      .toColourspace('b-w')
      .tiff({ bitdepth, compression: 'deflate', predictor: 'none' })
      .toBuffer();
    expect(color(decodeTiff(bytes, 0))).toEqual(color(await decodeImage(bytes)));
  });

  it('16 bits, of which the high byte stays', async () => {
    const values = Uint16Array.from({ length: 37 * 23 }, (_, i) => scatter(i) & 65535);
    const raw = { width: 37, height: 23, channels: 1 } as const;
    for (const predictor of ['none', 'horizontal'] as const) {
      const bytes = await sharp(values, { raw })
        .toColourspace('grey16')
        .tiff({ compression: 'lzw', predictor })
        .toBuffer();
      const expected = [...values].map((v) => v >> 8);
      expect([...decodeTiff(bytes, 0).data]).toEqual(expected);
      expect([...(await decodeImage(bytes, { as: 'gray' })).data]).toEqual(expected);
    }
  });

  it('of several pages the one asked for, which must be told', async () => {
    const pages = await Promise.all(
      [10, 20, 30].map((value) =>
        sharp({ create: { width: 4, height: 3, channels: 3, background: { r: value, g: 0, b: 0 } } })
          .png()
          .toBuffer(),
      ),
    );
    const bytes = await sharp(pages, { join: { animated: true } })
      .tiff({ compression: 'lzw' })
      .toBuffer();
    await expect(decodeImage(bytes, { name: 'stack.tif' })).rejects.toThrow(
      'stack.tif: expected a choice of one of its 3 pages (page 0 to 2), got none',
    );
    await expect(decodeImage(bytes, { page: 3 })).rejects.toThrow('expected page 0 to 2, got page 3');
    const header = readHeader(bytes, 'tiff', { page: 1 });
    expect((await decodeImage(bytes, { page: 1 })).data[0]).toBe(20);
    expect(decodeTiff(bytes, header.directory).data[0]).toBe(20);
  });
});

describe('BMP', () => {
  it.each([1, 4, 8, 16, 24, 32] as const)('%i bits, from the bottom up and from the top down', async (bits) => {
    for (const topDown of [false, true]) {
      const pixel = (x: number, y: number) =>
        bits <= 8
          ? [scatter(x, y) & (2 ** bits - 1)]
          : [0, 1, 2].map((c) => scatter(x, y, c) & (bits === 16 ? 0xf8 : 255));
      const picture = {
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
      expect([...decodeBmp(encodeBmp(picture)).data]).toEqual(expected);
    }
  });
});

describe('orientation', () => {
  const upright = noise(6, 4, 3);
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('%i is undone alike in PNG and TIFF', async (orientation) => {
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

describe('limits', () => {
  it('a picture that claims too many pixels is refused before it is decoded', async () => {
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
    ['nothing', new Uint8Array(0), 'bytes of another kind'],
  ])('%s is no image', async (_, bytes, reason) => {
    await expect(decodeImage(bytes, { name: 'x.png' })).rejects.toThrow(reason);
    await expect(decodeImage(bytes)).rejects.toBeInstanceOf(ImageError);
  });

  it('kinds are told by their signature', async () => {
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

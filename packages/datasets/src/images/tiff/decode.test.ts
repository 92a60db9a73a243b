// TIFF files of every layout, against values known without a decoder and against libvips; damaged and unsupported files are refused by name.
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { toColor } from '../convert.ts';
import { decodeImage } from '../decode-node.ts';
import { readHeader } from '../header.ts';
import { encodeTiff, type TiffDrawing } from '../testing/encoders.ts';
import { decodeTiff } from './decode.ts';

const scatter = (...parts: number[]) => parts.reduce((h, v) => (Math.imul(h ^ v, 0x9e3779b1) >>> 0) % 0xfffffffb, 7);

const noise = (width: number, height: number, channels: 1 | 3) =>
  sharp(
    Uint8Array.from({ length: width * height * channels }, (_, i) => scatter(i) & 255),
    { raw: { width, height, channels } },
  );

/** The pixels as libvips reads them, RGB. */
const viaLibvips = async (bytes: Uint8Array) => [
  ...(await sharp(bytes).toColourspace('srgb').removeAlpha().raw().toBuffer()),
];
const ours = (bytes: Uint8Array) => [...toColor(decodeTiff(bytes, 0)).data];

describe('as libvips reads them', () => {
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
      expect(ours(bytes)).toEqual(await viaLibvips(bytes));
    }
  });

  it.each([1, 2, 4] as const)('%i bits', async (bitdepth) => {
    const bytes = await noise(37, 23, 1)
      .toColourspace('b-w')
      .tiff({ bitdepth, compression: 'deflate', predictor: 'none' })
      .toBuffer();
    expect(ours(bytes)).toEqual(await viaLibvips(bytes));
  });

  it('BigTIFF', async () => {
    const bytes = await noise(37, 23, 3).tiff({ compression: 'lzw', bigtiff: true }).toBuffer();
    expect(bytes[2]).toBe(43);
    expect(ours(bytes)).toEqual(await viaLibvips(bytes));
  });

  it('CCITT fax compression, of noise and of areas', async () => {
    for (const threshold of [90, 128, 250]) {
      const bytes = await noise(131, 67, 1)
        .blur(threshold === 128 ? 1 : 3)
        .threshold(threshold === 250 ? 120 : threshold)
        .toColourspace('b-w')
        .tiff({ compression: 'ccittfax4', bitdepth: 1 })
        .toBuffer();
      expect(ours(bytes)).toEqual(await viaLibvips(bytes));
    }
  });

  it.each([
    { chroma: true, tile: false },
    { chroma: true, tile: true },
    { chroma: false, tile: false },
  ])('JPEG compression, in color: $chroma, in tiles: $tile', async ({ chroma, tile }) => {
    const tiles = tile ? { tile, tileWidth: 32, tileHeight: 32 } : {};
    const image = noise(75, 61, chroma ? 3 : 1).blur(2);
    const bytes = await (chroma ? image : image.toColourspace('b-w'))
      .tiff({ compression: 'jpeg', ...tiles })
      .toBuffer();
    expect(ours(bytes)).toEqual(await viaLibvips(bytes));
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

  it('of several pages the requested one, which must be named', async () => {
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

/** Values of 0 to 2^bits - 1 that look random. */
const values = (bits: number) => (x: number, y: number, c: number) => scatter(x, y, c, bits) % 2 ** bits;

describe('layouts', () => {
  const layouts: readonly (Partial<TiffDrawing> & { readonly name: string })[] = [
    { name: 'strips', rowsPerStrip: 4 },
    { name: 'big-endian', littleEndian: false },
    { name: 'BigTIFF, big-endian, in strips', big: true, littleEndian: false, rowsPerStrip: 3 },
    { name: 'planes', planar: true, rowsPerStrip: 5 },
    { name: 'tiles', tile: 16 },
    { name: 'tiles of planes, deflated, predicted', tile: 16, planar: true, deflate: true, predictor: 2 },
    { name: 'low bits first', reversed: true, deflate: true },
    { name: 'BigTIFF, tiles, low bits first', big: true, tile: 16, reversed: true },
  ];
  it.each(layouts)('$name', ({ name: _, ...layout }) => {
    for (const samples of [1, 2, 3, 4])
      for (const bits of [8, 16]) {
        const value = values(bits);
        const bytes = encodeTiff({ width: 21, height: 11, samples, bits, value, ...layout });
        const shown = Array.from({ length: 21 * 11 }, (_, i) =>
          [0, 1, 2].map((c) => value(i % 21, Math.floor(i / 21), samples < 3 ? 0 : c) >> (bits - 8)),
        );
        expect(ours(bytes)).toEqual(shown.flat());
      }
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 14, 15])('%i bits, white or black as 0', (bits) => {
    for (const photometric of [0, 1]) {
      const value = values(bits);
      const bytes = encodeTiff({
        width: 13,
        height: 5,
        samples: 1,
        bits,
        value,
        photometric,
        reversed: bits % 2 === 0,
      });
      const most = 2 ** bits - 1;
      const shown = Array.from({ length: 65 }, (_, i) => {
        const stored = value(i % 13, Math.floor(i / 13), 0);
        const level = bits < 8 ? Math.floor((stored * 255) / most) : stored >> (bits - 8);
        return photometric === 0 ? 255 - level : level;
      });
      expect([...decodeTiff(bytes, 0).data]).toEqual(shown);
    }
  });

  it('alpha is dropped, whether colors are multiplied by it or not', () => {
    const value = (x: number, _: number, c: number) => (c === 3 ? 40 * x : 10 * x + c);
    for (const extra of [0, 1, 2]) {
      const bytes = encodeTiff({ width: 5, height: 1, samples: 4, bits: 8, value, tags: { 338: [extra] } });
      expect(ours(bytes)).toEqual([0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42]);
    }
  });

  it('inks become colors', () => {
    const inks = [0, 255, 100, 30];
    const value = (_: number, __: number, c: number) => inks[c] as number;
    const bytes = encodeTiff({ width: 1, height: 1, samples: 4, bits: 8, value, photometric: 5 });
    expect(ours(bytes)).toEqual([225, 0, Math.floor((225 * 155) / 255)]);
  });
});

describe('samples without a fixed range', () => {
  const kinds: readonly (Partial<TiffDrawing> & { readonly bits: number })[] = [
    { bits: 8, format: 'signed' },
    { bits: 16, format: 'signed', littleEndian: false },
    { bits: 16, format: 'signed', deflate: true, predictor: 2 },
    { bits: 32, format: 'signed' },
    { bits: 32, format: 'unsigned', predictor: 2 },
    { bits: 32, format: 'float' },
    { bits: 32, format: 'float', deflate: true, predictor: 3 },
    { bits: 64, format: 'float', littleEndian: false, predictor: 3, samples: 3 },
  ];
  it.each(kinds)('$bits bits, $format, predictor $predictor', async (kind) => {
    const value = (x: number, y: number) => (kind.format === 'unsigned' ? 0 : -50) + 10 * x + y;
    const bytes = encodeTiff({ width: 11, height: 3, samples: 1, value, ...kind });
    const low = kind.format === 'unsigned' ? 0 : -50;
    await expect(decodeImage(bytes, { name: 'ct.tif' })).rejects.toThrow(
      `ct.tif: expected a window for samples without a fixed range, got ${kind.bits}-bit ${kind.format === 'float' ? 'floating-point' : kind.format} samples from ${low} to ${low + 102}. Give a window: the option \`window\`, or --window CENTER,WIDTH on the command line, for example ${low + 51},102.`,
    );
    const { data } = await decodeImage(bytes, { as: 'gray', window: { center: low + 51, width: 102 } });
    expect([...data]).toEqual(
      Array.from({ length: 33 }, (_, i) => Math.round(((10 * (i % 11) + Math.floor(i / 11)) * 255) / 102)),
    );
  });

  it('what is no number is black, also where white is 0', () => {
    const value = (x: number) => [Number.NaN, Number.NEGATIVE_INFINITY, 0, 1, Number.POSITIVE_INFINITY][x] as number;
    const drawing = { width: 5, height: 1, samples: 1, bits: 32, format: 'float', value } as const;
    const window = { center: 0.5, width: 1 };
    expect([...decodeTiff(encodeTiff(drawing), 0, { window }).data]).toEqual([0, 0, 0, 255, 255]);
    expect([...decodeTiff(encodeTiff({ ...drawing, photometric: 0 }), 0, { window }).data]).toEqual([
      0, 255, 255, 0, 0,
    ]);
  });

  it('a window must have a width', async () => {
    const bytes = encodeTiff({ width: 1, height: 1, samples: 1, bits: 32, format: 'float', value: () => 1 });
    for (const width of [0, -1, Number.NaN])
      await expect(decodeImage(bytes, { window: { center: 0, width } })).rejects.toMatchObject({
        tag: 'datasets/argument',
      });
  });
});

describe('refused', () => {
  const drawing: TiffDrawing = { width: 40, height: 30, samples: 3, bits: 8, value: values(8) };

  it.each([
    ['plain strips', { rowsPerStrip: 7 }],
    ['one strip', {}],
    ['plain tiles', { tile: 16 }],
    ['deflated strips', { rowsPerStrip: 7, deflate: true }],
    ['deflated tiles', { tile: 16, deflate: true }],
    ['planes', { planar: true }],
  ])('%s that the file cuts short', async (_, layout) => {
    const bytes = encodeTiff({ ...drawing, ...layout });
    // The directory comes last: it is moved to the front of what remains by cutting out pixels.
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const cut = Uint8Array.from([...bytes.subarray(0, 8), ...bytes.subarray(view.getUint32(4, true))]);
    const moved = new DataView(cut.buffer);
    const lost = view.getUint32(4, true) - 8;
    moved.setUint32(4, 8, true);
    const count = moved.getUint16(8, true);
    for (let i = 0; i < count; i++) {
      const entry = 10 + 12 * i;
      const [type, number] = [moved.getUint16(entry + 2, true), moved.getUint32(entry + 4, true)];
      if (number * (type === 3 ? 2 : 4) > 4) moved.setUint32(entry + 8, moved.getUint32(entry + 8, true) - lost, true);
    }
    await expect(decodeImage(cut, { name: 'cut.tif' })).rejects.toThrow(
      /^cut.tif: expected a whole image, got .*(early|packed bytes)/,
    );
  });

  it('a damaged strip, by its number', async () => {
    const bytes = encodeTiff({ ...drawing, rowsPerStrip: 10, deflate: true });
    const { tag } = (await import('./pages.ts')).readTiffPages(bytes)[0] as { tag: (id: number) => readonly number[] };
    bytes.fill(0xa5, (tag(273)[1] as number) + 40, (tag(273)[1] as number) + 60);
    await expect(decodeImage(bytes)).rejects.toThrow(/compressed data .* in strip or tile 2/);
  });

  it.each([
    [6, 'old-style JPEG'],
    [33003, 'JPEG 2000'],
    [33005, 'JPEG 2000'],
    [34712, 'JPEG 2000'],
    [34887, 'LERC'],
    [34925, 'LZMA'],
    [50000, 'Zstandard'],
    [50001, 'WebP'],
    [50002, 'JPEG XL'],
    [60123, '60123'],
  ])('compression %i, by its name', async (compression, name) => {
    const bytes = encodeTiff({ ...drawing, tags: { 259: [compression] } });
    await expect(decodeImage(bytes)).rejects.toThrow(
      new RegExp(`got TIFF compression ${compression}.*${name}|compression ${name}`),
    );
    await expect(decodeImage(bytes)).rejects.toThrow('LZW or deflate');
  });

  it.each([
    ['CIELab', { 262: [8] }, /photometric interpretation 8 \(CIELab\)/],
    ['a color filter array', { 262: [32803] }, /color filter array/],
    ['complex numbers', { 339: [6, 6, 6] }, /format 6/],
    ['mixed depths', { 258: [8, 8, 16] }, /8 and 16 bits/],
  ])('%s', async (_, tags, message) => {
    await expect(decodeImage(encodeTiff({ ...drawing, tags }))).rejects.toThrow(message);
  });

  it('strips that all point at one place of a large file', async () => {
    const bytes = encodeTiff({ ...drawing, width: 2000, height: 2000, samples: 1, rowsPerStrip: 1, deflate: true });
    const { tag } = (await import('./pages.ts')).readTiffPages(bytes)[0] as { tag: (id: number) => readonly number[] };
    const strips = tag(279).length;
    // The lengths are the last LONG values of the file but one list; each becomes the whole file's.
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const at = bytes.indexOf(0x17, view.getUint32(4, true));
    const list = view.getUint32(at + 8, true);
    for (let i = 0; i < strips; i++) view.setUint32(list + 4 * i, bytes.length - 8, true);
    await expect(decodeImage(bytes)).rejects.toThrow('overlap');
  });
});

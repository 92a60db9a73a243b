// Our JPEG decoder against libjpeg (in libvips), pixel for pixel, and files that are damaged, cut or unusual.
import sharp, { type JpegOptions } from 'sharp';
import { describe, expect, it } from 'vitest';
import { toColor } from '../convert.ts';
import { decodeImage } from '../decode-node.ts';
import { decodeComponents, decodeJpeg } from './decode.ts';
import { readJpeg } from './markers.ts';

/** An image of smooth areas, edges and noise. */
function drawing(width: number, height: number, channels: 1 | 3) {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const [x, y, c] = [Math.floor(i / channels) % width, Math.floor(i / channels / width), i % channels];
    const noise = (Math.imul(i, 0x9e3779b1) >>> 27) - 16;
    return 128 + 80 * Math.sin((x + 3 * y * (c + 1)) / 17) + (x > width / 2 ? 30 : 0) + noise;
  });
  const image = sharp(data, { raw: { width, height, channels } });
  return channels === 1 ? image.toColourspace('b-w') : image;
}

const viaLibjpeg = async (bytes: Uint8Array) => [
  ...(await sharp(bytes, { autoOrient: true }).toColourspace('srgb').raw().toBuffer()),
];
const ours = (bytes: Uint8Array) => [...toColor(decodeJpeg(bytes)).data];

/** Inserts bytes before the first of a kind of marker. */
function insertBefore(bytes: Uint8Array, marker: number, stray: readonly number[]): Uint8Array {
  const at = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === marker);
  return Uint8Array.from([...bytes.subarray(0, at), ...stray, ...bytes.subarray(at)]);
}

describe('pixels equal those of libjpeg', () => {
  const sizes = [
    [1, 1],
    [2, 3],
    [8, 8],
    [17, 9],
    [33, 50],
    [131, 67],
  ] as const;
  const kinds: readonly (JpegOptions & { readonly channels: 1 | 3 })[] = [
    { channels: 1 },
    { channels: 1, progressive: true },
    { channels: 3, chromaSubsampling: '4:4:4' },
    { channels: 3, chromaSubsampling: '4:2:0' },
    { channels: 3, chromaSubsampling: '4:2:0', progressive: true },
    { channels: 3, chromaSubsampling: '4:4:4', progressive: true, quality: 98 },
    { channels: 3, quality: 3 },
    { channels: 3, quality: 100 },
    { channels: 3, mozjpeg: true },
  ];
  it.each(kinds)('%o', async ({ channels, ...options }) => {
    for (const [width, height] of sizes) {
      const bytes = await drawing(width, height, channels).jpeg(options).toBuffer();
      expect(ours(bytes)).toEqual(await viaLibjpeg(bytes));
      expect([...(await decodeImage(bytes)).data]).toEqual(ours(bytes));
    }
  });

  it.each(kinds)('as gray: the luma, as OpenCV reads it; %o', async ({ channels, ...options }) => {
    const bytes = await drawing(33, 50, channels).jpeg(options).toBuffer();
    const file = readJpeg(bytes);
    const stored = decodeComponents(bytes, file).data.filter((_, i) => i % file.components.length === 0);
    const { data, channels: count } = await decodeImage(bytes, { as: 'gray' });
    expect(count).toBe(1);
    expect([...data]).toEqual([...stored]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i', async (orientation) => {
    const bytes = await drawing(19, 11, 3).withMetadata({ orientation }).jpeg().toBuffer();
    expect(ours(bytes)).toEqual(await viaLibjpeg(bytes));
    expect([...(await decodeImage(bytes)).data]).toEqual(ours(bytes));
  });
});

describe('CMYK', () => {
  it('is mixed with black as in OpenCV, which takes inks as inverted', async () => {
    const cmyk = Uint8Array.from(
      { length: 24 * 16 * 4 },
      (_, i) => (Math.imul(i >> 4, 0x9e3779b1) >>> 24) ^ (40 * (i % 4)),
    );
    const bytes = await sharp(cmyk, { raw: { width: 24, height: 16, channels: 4 } })
      .pipelineColourspace('cmyk')
      .toColourspace('cmyk')
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    const file = readJpeg(bytes);
    expect(file.components).toHaveLength(4);
    // The file has luma and chroma of the inks, or the inks.
    const stored = decodeComponents(bytes, file).data;
    const clamp = (value: number) => Math.min(Math.max(value, 0), 255);
    const expected = Array.from({ length: 24 * 16 }, (_, i) => {
      const [a, b, c, k] = [0, 1, 2, 3].map((n) => stored[4 * i + n] as number) as [number, number, number, number];
      const inks =
        file.adobe === 2
          ? [a + 1.402 * (c - 128), a - 0.344136 * (b - 128) - 0.714136 * (c - 128), a + 1.772 * (b - 128)].map(
              (value) => 255 - clamp(value),
            )
          : [a, b, c];
      return inks.map((ink) => k - (((255 - ink) * k) >> 8));
    }).flat();
    const { data } = decodeJpeg(bytes);
    expect(Math.max(...expected.map((value, i) => Math.abs(value - (data[i] as number))))).toBeLessThanOrEqual(1.5);
    expect([...(await decodeImage(bytes)).data]).toEqual([...data]);
  });
});

describe('unusual files', () => {
  const baseline = () => drawing(60, 44, 3).jpeg({ chromaSubsampling: '4:2:0' }).toBuffer();
  const progressive = () => drawing(60, 44, 3).jpeg({ progressive: true }).toBuffer();

  it.each([
    ['without end marker', (bytes: Buffer) => bytes.subarray(0, -2)],
    ['with stray bytes before a table', (bytes: Buffer) => insertBefore(bytes, 0xc4, [1, 2, 0, 77])],
    ['with stray bytes before the frame', (bytes: Buffer) => insertBefore(bytes, 0xc0, [0, 0, 0])],
    ['with stray bytes after the scan', (bytes: Buffer) => insertBefore(bytes, 0xd9, [0, 0, 0, 9])],
    ['with fill bytes', (bytes: Buffer) => insertBefore(bytes, 0xc4, [0xff, 0xff])],
    ['with more data after the end marker', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1000, 0xff)])],
  ])('%s are read', async (_, change) => {
    const bytes = await baseline();
    const changed = change(bytes);
    expect(ours(changed)).toEqual(ours(bytes));
    expect([...(await decodeImage(changed)).data]).toEqual(ours(bytes));
  });

  it.each([
    ['cut within the scan', baseline, (bytes: Buffer) => bytes.subarray(0, -60)],
    [
      'cut within the scan, with an end marker',
      baseline,
      (b: Buffer) => Buffer.concat([b.subarray(0, -60), b.subarray(-2)]),
    ],
    ['cut after its header', baseline, (bytes: Buffer) => bytes.subarray(0, 400)],
    ['cut within the last scan', progressive, (bytes: Buffer) => bytes.subarray(0, -20)],
    [
      'cut between scans',
      progressive,
      (bytes: Buffer) => bytes.subarray(0, bytes.lastIndexOf(Buffer.from([0xff, 0xda]))),
    ],
  ])('%s are refused', async (_, make, change) => {
    const bytes = change(await make());
    await expect(decodeImage(bytes, { name: 'cut.jpg' })).rejects.toThrow(/^cut.jpg: expected .* (early|needed)/);
    expect(() => decodeJpeg(bytes)).toThrow(/early/);
  });

  it('lossless, arithmetic and 12-bit files are refused by name', async () => {
    const bytes = await baseline();
    const at = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
    const changed = (offset: number, value: number) => {
      const copy = Buffer.from(bytes);
      copy[at + offset] = value;
      return decodeImage(copy);
    };
    await expect(changed(1, 0xc3)).rejects.toThrow('lossless JPEG');
    await expect(changed(1, 0xc9)).rejects.toThrow('arithmetic-coded JPEG');
    await expect(changed(4, 12)).rejects.toThrow('12 bits per sample');
  });

  it('scans without end are refused before they are decoded', async () => {
    const bytes = await progressive();
    const last = bytes.lastIndexOf(Buffer.from([0xff, 0xda]));
    const scan = bytes.subarray(last, -2);
    const many = Buffer.concat([bytes.subarray(0, -2), ...new Array(200).fill(scan), bytes.subarray(-2)]);
    await expect(decodeImage(many)).rejects.toThrow('more than 100 scans');
  });
});

describe('as stored', () => {
  const gray = Uint8Array.from({ length: 40 * 24 }, (_, i) => (i % 40 < 13 || i % 7 === 0 ? 250 : 3));
  const encoded = (data: Uint8Array, options: JpegOptions) =>
    sharp(data, { raw: { width: 40, height: 24, channels: 3 } })
      .jpeg(options)
      .toBuffer();
  const inColor = Uint8Array.from({ length: 3 * gray.length }, (_, i) => gray[Math.floor(i / 3)] as number);

  it.each([{}, { progressive: true }, { chromaSubsampling: '4:4:4', quality: 40 }])(
    'files without color have one channel, the one of their colors: %o',
    async (options) => {
      const bytes = await encoded(inColor, options);
      const stored = await decodeImage(bytes, { as: 'stored' });
      expect(stored.channels).toBe(1);
      expect([...toColor(stored).data]).toEqual(ours(bytes));
    },
  );

  it('a little color keeps all channels', async () => {
    const bytes = await encoded(inColor.with(0, 0), { quality: 100, chromaSubsampling: '4:4:4' });
    const stored = await decodeImage(bytes, { as: 'stored' });
    expect(stored.channels).toBe(3);
    expect([...stored.data]).toEqual(ours(bytes));
  });
});

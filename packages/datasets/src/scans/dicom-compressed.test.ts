// Compressed DICOM frames: the values of established codecs, frames of several fragments, colors, and refusals of damage and of claims.
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../images/decode-node.ts';
import { decodeHuffmanJpeg } from './jpeg-huffman.ts';
import { type Attribute, type DicomImage, encapsulated, encodeDicom } from './testing/files.ts';

interface CompressedFrame {
  readonly frame: string;
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  readonly bits: number;
  readonly signed: boolean;
  readonly values: readonly number[];
}
const FRAMES: Readonly<Record<string, CompressedFrame>> = JSON.parse(
  readFileSync(new URL('../fixtures/scan-codecs.json', import.meta.url), 'utf8'),
);
const frameOf = (name: string) => FRAMES[name] as CompressedFrame;
const bytesOf = (name: string) => Buffer.from(frameOf(name).frame, 'base64');

const gray = async (bytes: Uint8Array, page?: number) => [...(await decodeImage(bytes, { as: 'gray', page })).data];
const window = (center: number, width: number): Attribute[] => [
  [0x0028, 0x1050, 'DS', `${center}`],
  [0x0028, 0x1051, 'DS', `${width}`],
];

/** A file of the named frame, its whole range shown. */
function fileOf(name: string, change: Partial<DicomImage> = {}): Uint8Array {
  const { rows, columns, samples, bits, signed } = frameOf(name);
  const span = 2 ** bits;
  return encodeDicom({
    syntax: name.startsWith('JPEG 2000') ? 'jpeg2000' : name.startsWith('JPEG-LS') ? 'jpegLs' : 'jpegLossless',
    rows,
    columns,
    samples,
    photometric: samples === 3 ? 'RGB' : 'MONOCHROME2',
    allocated: bits > 8 ? 16 : 8,
    stored: bits,
    signed: signed ? 1 : 0,
    more: samples === 1 ? window(signed ? 0 : span / 2, span) : [],
    pixels: encapsulated([bytesOf(name)]),
    ...change,
  });
}

/** What a frame's values look like through that window. */
const shown = ({ values, bits, signed, samples }: CompressedFrame) =>
  values.map((v) => (samples === 3 ? v : Math.round(((v + (signed ? 2 ** (bits - 1) : 0)) * 255) / (2 ** bits - 1))));

describe('codecs', () => {
  const lossless = Object.keys(FRAMES).filter((name) => !name.startsWith('sequential'));
  it.each(lossless)('%s: the values that established decoders give', async (name) => {
    const frame = frameOf(name);
    const { data } = await decodeImage(fileOf(name), { as: frame.samples === 3 ? 'color' : 'gray' });
    expect([...data]).toEqual(shown(frame));
  });

  it('12 bits of sequential JPEG are the same values, within the rounding of the cosine transform', () => {
    const { values } = frameOf('sequential JPEG, 12 bits');
    const decoded = decodeHuffmanJpeg(bytesOf('sequential JPEG, 12 bits'));
    expect(Math.max(...decoded.map((v, i) => Math.abs(v - (values[i] as number))))).toBeLessThanOrEqual(1);
  });

  it('values that the codestream calls unsigned have the sign that the file gives them', async () => {
    const { values } = frameOf('JPEG 2000, 12 bits');
    const pixels = await gray(fileOf('JPEG 2000, 12 bits', { signed: 1, more: window(0, 4096) }));
    expect(pixels).toEqual(values.map((v) => Math.round((((v << 20) >> 20) + 2048) * (255 / 4095))));
  });

  it('YBR_RCT is RGB after decoding, YBR_FULL is converted', async () => {
    const rct = await decodeImage(fileOf('JPEG 2000, RGB', { photometric: 'YBR_RCT' }));
    expect([...rct.data]).toEqual(frameOf('JPEG 2000, RGB').values);
    const { values } = frameOf('JPEG-LS, RGB');
    const [y, b, r] = values as unknown as [number, number, number];
    const { data } = await decodeImage(fileOf('JPEG-LS, RGB', { photometric: 'YBR_FULL' }));
    const clamp = (v: number) => Math.round(Math.min(255, Math.max(0, v)));
    expect([...data.subarray(0, 3)]).toEqual([
      clamp(y + 1.402 * (r - 128)),
      clamp(y - 0.344136 * (b - 128) - 0.714136 * (r - 128)),
      clamp(y + 1.772 * (b - 128)),
    ]);
  });

  it.each(Object.keys(FRAMES))('%s: half of the data are refused', async (name) => {
    const half = bytesOf(name).subarray(0, bytesOf(name).length >> 1);
    await expect(decodeImage(fileOf(name, { pixels: encapsulated([half]) }), { name: 'a.dcm' })).rejects.toThrow(
      /^a\.dcm: expected (intact|a whole image|a JPEG).*, got .+\. [A-Z]/,
    );
  });

  it('another size than the file’s is refused before it is decoded', async () => {
    for (const name of ['JPEG 2000, 12 bits', 'JPEG-LS, 12 bits', 'lossless JPEG, 16 bits, predictor 1'])
      await expect(decodeImage(fileOf(name, { columns: 17 }))).rejects.toThrow(
        'expected a frame of 17x13 pixels of 1 sample, got compressed data of 18x13 of 1',
      );
  });

  it('a codec works again after damage', async () => {
    const damaged = bytesOf('JPEG 2000, 12 bits');
    damaged.fill(255, 60);
    await expect(decodeImage(fileOf('JPEG 2000, 12 bits', { pixels: encapsulated([damaged]) }))).rejects.toThrow();
    expect(await gray(fileOf('JPEG 2000, 12 bits'))).toEqual(shown(frameOf('JPEG 2000, 12 bits')));
  });

  it('transfer syntaxes that are not read are named', async () => {
    await expect(decodeImage(fileOf('JPEG 2000, 12 bits', { syntax: 'htj2k' }))).rejects.toThrow(
      'got transfer syntax 1.2.840.10008.1.2.4.201, High-Throughput JPEG 2000. Decompress it first',
    );
  });
});

const values = [0, 100, 200, 300, 400, 500];
const full = [0, 51, 102, 153, 204, 255];
const segment = (...bytes: number[]) => Buffer.from(bytes.length % 2 ? [...bytes, 0] : bytes);

function rleFrame(segments: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(64);
  let at = 64;
  head.writeUInt32LE(segments.length, 0);
  segments.forEach((bytes, i) => {
    head.writeUInt32LE(at, 4 + 4 * i);
    at += bytes.length;
  });
  return Buffer.concat([head, ...segments]);
}
// High bytes 0 0 0 1 1 1 as two runs; low bytes as they are.
const run = rleFrame([segment(254, 0, 254, 1), segment(5, ...values.map((v) => v & 255))]);
const reversed = rleFrame([segment(254, 1, 254, 0), segment(5, ...values.map((v) => v & 255).reverse())]);
const image: DicomImage = { rows: 2, columns: 3, syntax: 'rle', pixels: encapsulated([run]) };

describe('run-length encoding', () => {
  it('the high bytes first', async () => {
    expect(await gray(encodeDicom(image))).toEqual(full);
  });

  it('of 32 bits', async () => {
    const zero = segment(251, 0);
    const bytes = rleFrame([zero, zero, segment(254, 0, 254, 1), segment(5, ...values.map((v) => v & 255))]);
    expect(await gray(encodeDicom({ ...image, allocated: 32, pixels: encapsulated([bytes]) }))).toEqual(full);
  });

  it('frames in several fragments, by the table of offsets or by how frames begin', async () => {
    const cut = (bytes: Buffer) => [bytes.subarray(0, 66), bytes.subarray(66)];
    const fragments = [...cut(run), ...cut(reversed)];
    const second = 2 * 8 + run.length;
    for (const offsets of [[0, second], []]) {
      const bytes = encodeDicom({ ...image, frames: 2, pixels: encapsulated(fragments, offsets) });
      expect(await gray(bytes, 0)).toEqual(full);
      expect(await gray(bytes, 1)).toEqual([...full].reverse());
    }
    expect(await gray(encodeDicom({ ...image, pixels: encapsulated(cut(run)) }))).toEqual(full);
    await expect(
      decodeImage(encodeDicom({ ...image, frames: 3, pixels: encapsulated(fragments) }), { page: 0 }),
    ).rejects.toThrow('expected compressed data of 3 frames, got 2 in 4 fragments');
  });

  it.each([
    [
      'that ends early',
      rleFrame([segment(254, 0), segment(5, 0, 1, 2, 3, 4, 5)]),
      /expected run-length encoded data for 6 pixels, got data for 3/,
    ],
    ['of too few segments', rleFrame([segment(251, 0)]), /expected 2 run-length encoded segments, got 1/],
    [
      'that points out of itself',
      Buffer.from(run).fill(255, 8, 12),
      /expected run-length encoded segments within the frame/,
    ],
    ['without a header', Buffer.alloc(12), /expected 2 run-length encoded segments, got 0/],
  ])('a frame %s is refused', async (_, bytes, reason) => {
    await expect(decodeImage(encodeDicom({ ...image, pixels: encapsulated([bytes]) }))).rejects.toThrow(reason);
  });

  it('claims of more pixels than the data can hold are refused before there is memory for them', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const bytes = encodeDicom({ ...image, rows: 5000, columns: 9000 });
    await expect(decodeImage(bytes)).rejects.toThrow('got 76 packed bytes for 90000000 bytes of pixels');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });
});

describe('baseline JPEG', () => {
  it('gray, through the window', async () => {
    const raw = { width: 16, height: 8, channels: 1 } as const;
    const jpeg = await sharp(
      Uint8Array.from({ length: 128 }, (_, i) => 2 * i),
      { raw },
    )
      .toColourspace('b-w')
      .jpeg()
      .toBuffer();
    const direct = await gray(jpeg);
    const file = { syntax: 'jpeg', rows: 8, columns: 16, allocated: 8, pixels: encapsulated([jpeg]) } as const;
    expect(await gray(encodeDicom({ ...file, more: window(128, 256) }))).toEqual(direct);
    expect(await gray(encodeDicom({ ...file, photometric: 'MONOCHROME1', more: window(128, 256) }))).toEqual(
      direct.map((v) => 255 - v),
    );
  });

  it('the components are RGB if the file says so and the JPEG does not say otherwise', async () => {
    const color = { r: 200, g: 90, b: 40 };
    const saved = await sharp({ create: { width: 16, height: 16, channels: 3, background: color } })
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    const hasJfif = saved[3] === 0xe0;
    // With and without a JFIF segment, which says YBR.
    const bare = Buffer.concat([saved.subarray(0, 2), saved.subarray(hasJfif ? 4 + saved.readUInt16BE(4) : 2)]);
    const segment = Buffer.from([0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]);
    const jfif = Buffer.concat([bare.subarray(0, 2), segment, bare.subarray(2)]);
    const decode = async (jpeg: Buffer, photometric: string) => {
      const file = { syntax: 'jpeg', rows: 16, columns: 16, samples: 3, allocated: 8 } as const;
      return [
        ...(await decodeImage(encodeDicom({ ...file, photometric, pixels: encapsulated([jpeg]) }))).data.subarray(0, 3),
      ];
    };
    const near = (actual: number[], expected: number[]) =>
      expected.forEach((v, i) => {
        expect(Math.abs((actual[i] as number) - v)).toBeLessThanOrEqual(2);
      });
    near(await decode(jfif, 'YBR_FULL_422'), [200, 90, 40]);
    near(await decode(bare, 'YBR_FULL_422'), [200, 90, 40]);
    near(await decode(jfif, 'RGB'), [200, 90, 40]);
    const [y, b, r] = [
      0.299 * 200 + 0.587 * 90 + 0.114 * 40,
      128 + (40 - 117.19) * 0.564,
      128 + (200 - 117.19) * 0.713,
    ];
    near(await decode(bare, 'RGB'), [y, b, r]);
    // An Adobe segment too short to say which colors the components are.
    const short = Buffer.from([0xff, 0xee, 0, 12, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 0, 0, 0, 0]);
    near(await decode(Buffer.concat([bare.subarray(0, 2), short, bare.subarray(2)]), 'RGB'), [y, b, r]);
  });
});

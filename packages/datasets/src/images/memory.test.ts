// Peak memory of reading large images, each in a process of its own: bounded for photographs, and next to nothing for files that claim more than they hold.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { deflateRawSync, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encapsulated, encodeDicom } from '../scans/testing/files.ts';
import { chunk, encodeTiff } from './testing/encoders.ts';

const READER = `
import { readFileSync } from 'node:fs';
const { readImage } = await import(${JSON.stringify(new URL('./decode-node.ts', import.meta.url).href)});
const outcome = await readImage(process.argv[1], 'color').then(
  ({ width, height }) => width + 'x' + height,
  ({ message }) => message,
);
const [, peak] = /VmHWM:\\s+(\\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
console.log(JSON.stringify({ outcome, peak: peak / 1024 }));
`;

let folder = '';
/** MiB of a process that reads an image of a few pixels. */
let least = 0;

async function peakOf(name: string, bytes: Uint8Array): Promise<{ readonly outcome: string; readonly peak: number }> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const child = spawn(process.execPath, [
    ...['--conditions=@medclipseg/source', '--import', 'tsx', '--input-type=module', '-e', READER, path],
  ]);
  const [out, complaints] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  await rm(path);
  expect(complaints).toBe('');
  return JSON.parse(out);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'large-'));
  least = (await peakOf('small.png', png(2, 2))).peak;
});
afterAll(() => rm(folder, { recursive: true }));

/** A black PNG without memory for its pixels. */
function png(width: number, height: number): Uint8Array {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const pixels = deflateSync(Buffer.alloc(Math.min((width + 1) * height, 1 << 20)));
  const parts = [chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts]);
}

/** A tile of a few bytes that claims to be a large image. */
const tiff = (width: number, height: number) =>
  encodeTiff({
    width: 4,
    height: 4,
    samples: 1,
    bits: 8,
    deflate: true,
    value: () => 0,
    tags: { 256: [width], 257: [height], 278: [height] },
  });

/** Run-length encoded zeros: 128 pixels for each two bytes. */
function runs(pixels: number): Uint8Array {
  const header = Buffer.alloc(64);
  header.writeUInt32LE(1, 0);
  header.writeUInt32LE(64, 4);
  return encapsulated([Buffer.concat([header, Buffer.alloc(2 * Math.ceil(pixels / 128), Buffer.from([129, 0]))])]);
}

const rle = (side: number, pixels: number) =>
  encodeDicom({ syntax: 'rle', allocated: 8, rows: side, columns: side, pixels: runs(pixels) });

/** Frames that unpack to 1 GB. */
const deflated = () => {
  const frame = { rows: 512, columns: 512, allocated: 8, frames: 4000 } as const;
  return encodeDicom({ ...frame, syntax: 'deflated', pixels: Buffer.alloc(512 * 512 * 1200) }, deflateRawSync);
};

it.each([
  ['a PNG of 9999x9999', 'a.png', () => png(9999, 9999), 'expected 1 to 50000000 pixels'],
  ['a PNG of 100,000,000x1', 'b.png', () => png(100_000_000, 1), 'expected 1 to 50000000 pixels'],
  ['a PNG of 7000x7000 without them', 'c.png', () => png(7000, 7000), 'packed bytes for'],
  ['a TIFF of 9999x9999', 'd.tif', () => tiff(9999, 9999), 'expected 1 to 50000000 pixels'],
  ['a TIFF of 7000x7000 without them', 'e.tif', () => tiff(7000, 7000), 'packed bytes for'],
  ['an RLE DICOM of 65535x65535', 'f.dcm', () => rle(65_535, 1 << 20), 'expected 1 to 50000000 pixels'],
  ['an RLE DICOM of 7000x7000 without them', 'g.dcm', () => rle(7000, 1 << 20), 'packed bytes for'],
  ['a deflated DICOM bomb', 'h.dcm', deflated, 'bytes of deflated data'],
])('%s is refused', async (_, name, make, reason) => {
  const { outcome, peak } = await peakOf(name, make());
  expect(outcome).toContain(reason);
  expect(peak - least).toBeLessThan(60);
});

it('an RLE DICOM of 7000x7000 pixels in 0.8 MB takes memory for its pixels, not more', async () => {
  const { outcome, peak } = await peakOf('whole.dcm', rle(7000, 7000 * 7000));
  expect(outcome).toBe('7000x7000');
  expect(peak - least).toBeLessThan(400);
});

it.each(['jpeg', 'png', 'tiff', 'webp'] as const)('a photograph of 24 megapixels as %s', async (format) => {
  const [width, height] = [6000, 4000];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      data[i++] = (x * y) >> 12;
      data[i++] = x >> 4;
      data[i++] = (x + y) >> 3;
    }
  const fast = { png: { compressionLevel: 1 }, tiff: { compression: 'lzw' }, webp: { effort: 0 }, jpeg: {} } as const;
  const file = await sharp(data, { raw: { width, height, channels: 3 } })
    .toFormat(format, fast[format])
    .toBuffer();
  const { outcome, peak } = await peakOf(`photo.${format}`, file);
  expect(outcome).toBe('6000x4000');
  expect(peak - least).toBeLessThan(400);
});

// PNG files in the browser, where a canvas would make 8 bits with alpha of everything.
import { zlibSync } from 'fflate';
import type { PngPixels } from './encode.ts';
import { crc32 } from './png.ts';

/** Each row as its difference from the row above: maps are smooth, and few values remain. */
const UP = 2;

function chunk(type: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(body.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(body, 8);
  view.setUint32(8 + body.length, crc32(bytes.subarray(4, 8 + body.length)));
  return bytes;
}

/** High byte first. */
function bigEndian(values: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  for (let i = 0; i < values.length; i++) {
    bytes[2 * i] = (values[i] as number) >> 8;
    bytes[2 * i + 1] = (values[i] as number) & 255;
  }
  return bytes;
}

function filtered(bytes: Uint8Array, rowLength: number): Uint8Array<ArrayBuffer> {
  const rows = bytes.length / rowLength;
  const out = new Uint8Array(bytes.length + rows);
  for (let y = 0, at = 0, to = 0; y < rows; y++) {
    out[to++] = UP;
    for (let i = 0; i < rowLength; i++, at++)
      out[to++] = (bytes[at] as number) - (y > 0 ? (bytes[at - rowLength] as number) : 0);
  }
  return out;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function headerOf({ width, height, channels, data }: PngPixels): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8 * data.BYTES_PER_ELEMENT;
  header[9] = channels === 3 ? 2 : 0;
  return header;
}

/** What is compressed. */
function rowsOf({ height, data }: PngPixels): Uint8Array<ArrayBuffer> {
  const bytes = data instanceof Uint16Array ? bigEndian(data) : data;
  return filtered(bytes, bytes.length / height);
}

const partsOf = (pixels: PngPixels, compressed: Uint8Array): Uint8Array<ArrayBuffer>[] => [
  SIGNATURE,
  chunk('IHDR', headerOf(pixels)),
  chunk('IDAT', compressed),
  chunk('IEND', new Uint8Array(0)),
];

/** Encodes a PNG of 8 bits, or of 16 bits and one channel. */
export function encodePng(pixels: PngPixels): Uint8Array<ArrayBuffer> {
  const parts = partsOf(pixels, zlibSync(rowsOf(pixels)));
  const file = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** The same pixels as {@link encodePng}, compressed by the browser on a thread of its own: for large images. */
export async function encodePngBlob(pixels: PngPixels): Promise<Blob> {
  const compressed = new Blob([rowsOf(pixels)]).stream().pipeThrough(new CompressionStream('deflate'));
  const parts = partsOf(pixels, new Uint8Array(await new Response(compressed).arrayBuffer()));
  return new Blob(parts, { type: 'image/png' });
}

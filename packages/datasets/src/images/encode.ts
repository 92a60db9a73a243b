// PNG files in Node.
import { writeFileAtomically } from '../atomic.ts';
import { requireSharp } from './sharp.ts';

export interface PngPixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** 8-bit values, or 16-bit values of a single channel. */
  readonly data: Uint8Array | Uint16Array;
}

/** Encodes a PNG; the same pixels give the same bytes. Needs sharp. */
export async function encodePng({ width, height, channels, data }: PngPixels): Promise<Uint8Array> {
  const sharp = await requireSharp('to encode PNG');
  const image = sharp(data, { raw: { width, height, channels } });
  const space = channels === 3 ? 'srgb' : data instanceof Uint16Array ? 'grey16' : 'b-w';
  return image.toColourspace(space).png().toBuffer();
}

/** Encodes a PNG and writes it to a file, whole or not at all. */
export const writePng = async (path: string, pixels: PngPixels): Promise<void> =>
  writeFileAtomically(path, await encodePng(pixels));

// PNG files, written whole or not at all.
import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import sharp from 'sharp';

export interface PngPixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** 8-bit values, or 16-bit ones of a single channel. */
  readonly data: Uint8Array | Uint16Array;
}

/** Encodes a PNG; the same pixels give the same bytes. */
export async function encodePng({ width, height, channels, data }: PngPixels): Promise<Uint8Array> {
  const image = sharp(data, { raw: { width, height, channels } });
  const space = channels === 3 ? 'srgb' : data instanceof Uint16Array ? 'grey16' : 'b-w';
  return image.toColourspace(space).png().toBuffer();
}

/** Writes a file to a temporary name beside it, then renames it. */
export async function writeWhole(path: string, contents: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await writeFile(temporary, contents);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export const writePng = async (path: string, pixels: PngPixels): Promise<void> =>
  writeWhole(path, await encodePng(pixels));

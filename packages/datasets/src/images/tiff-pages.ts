// The pages of a TIFF file: its image file directories and their tags (TIFF 6.0, section 2).
import { ByteReader } from './bytes.ts';

export interface TiffPage {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  /** Samples of a pixel, alpha included. */
  readonly samples: number;
  /** 0 white is zero, 1 black is zero, 2 RGB, 3 palette; others are not read. */
  readonly photometric: number;
  /** Where it lies among all directories of the file. */
  readonly directory: number;
  /** The values of a tag. */
  readonly tag: (id: number) => readonly number[] | undefined;
  readonly reader: ByteReader;
}

/** Directories and values beyond these are not believed. */
const MOST_DIRECTORIES = 4096;
const MOST_VALUES = 1_000_000;

/** Bytes of a value by its type: BYTE, ASCII, SHORT, LONG; the other types are not needed. */
const TYPE_BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4 };

function readDirectory(reader: ByteReader, at: number, directory: number): TiffPage & { readonly next: number } {
  const count = reader.u16(at);
  const tags = new Map<number, () => number[]>();
  for (let i = 0; i < count; i++) {
    const entry = at + 2 + 12 * i;
    const [id, type, values] = [reader.u16(entry), reader.u16(entry + 2), reader.u32(entry + 4)];
    const size = TYPE_BYTES[type];
    if (size === undefined || values > MOST_VALUES) continue;
    const start = size * values <= 4 ? entry + 8 : reader.u32(entry + 8);
    const read = size === 1 ? reader.u8 : size === 2 ? reader.u16 : reader.u32;
    tags.set(id, () => {
      reader.part(start, size * values);
      return Array.from({ length: values }, (_, k) => read.call(reader, start + k * size));
    });
  }
  const tag = (id: number) => tags.get(id)?.();
  const [width, height] = [tag(256)?.[0] ?? 0, tag(257)?.[0] ?? 0];
  return {
    width,
    height,
    bits: tag(258)?.[0] ?? 1,
    samples: tag(277)?.[0] ?? 1,
    photometric: tag(262)?.[0] ?? 1,
    directory,
    tag,
    reader,
    next: reader.u32(at + 2 + 12 * count),
  };
}

/** Every page of a TIFF file; reduced copies of a page (NewSubfileType bit 0) are none. Throws a RangeError where it is broken. */
export function readTiffPages(bytes: Uint8Array): TiffPage[] {
  const reader = new ByteReader(bytes, bytes[0] === 0x49);
  const pages: TiffPage[] = [];
  const seen = new Set<number>();
  for (let at = reader.u32(4), directory = 0; at !== 0; directory++) {
    // A chain that bites its tail, or never ends.
    if (seen.has(at) || seen.size >= MOST_DIRECTORIES) throw new RangeError('directories without end');
    seen.add(at);
    const page = readDirectory(reader, at, directory);
    if (((page.tag(254)?.[0] ?? 0) & 1) === 0) pages.push(page);
    at = page.next;
  }
  return pages;
}

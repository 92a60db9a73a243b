// The pages of a TIFF or BigTIFF file: its image file directories and their tags (TIFF 6.0, section 2; BigTIFF, 2007).
import { ByteReader, FormatError } from '../bytes.ts';

export interface TiffPage {
  readonly width: number;
  readonly height: number;
  /** Bits of the first sample; `depths` has all. */
  readonly bits: number;
  readonly depths: readonly number[];
  /** Samples per pixel, alpha included. */
  readonly samples: number;
  /** Photometric interpretation: 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr; -1 if the tag is missing. */
  readonly photometric: number;
  /** Index among all directories of the file. */
  readonly directory: number;
  /** The values of a tag of integers. */
  readonly tag: (id: number) => readonly number[] | undefined;
  readonly reader: ByteReader;
}

/** More directories, entries and values than these are not believed. */
const MOST_DIRECTORIES = 4096;
const MOST_ENTRIES = 1 << 18;
const MOST_VALUES = 1_000_000;

/** Bytes per value by type: BYTE, ASCII, SHORT, LONG, UNDEFINED, IFD, LONG8, IFD8. Signed and real types are not needed. */
const TYPE_BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 7: 1, 13: 4, 16: 8, 18: 8 };

/** Sizes of the fields of classic and of big files. */
interface Layout {
  readonly count: number;
  readonly entry: number;
  readonly offset: number;
}
const CLASSIC: Layout = { count: 2, entry: 12, offset: 4 };
const BIG: Layout = { count: 8, entry: 20, offset: 8 };

const pointer = (reader: ByteReader, { offset }: Layout, at: number) =>
  offset === 8 ? reader.u64(at) : reader.u32(at);

function readDirectory(reader: ByteReader, layout: Layout, at: number, directory: number, left: number) {
  const count = layout.count === 8 ? reader.u64(at) : reader.u16(at);
  if (count > left) throw new FormatError('TIFF directories of too many entries');
  reader.part(at + layout.count, count * layout.entry + layout.offset);
  const tags = new Map<number, () => number[]>();
  for (let i = 0; i < count; i++) {
    const entry = at + layout.count + layout.entry * i;
    const [id, type, values] = [reader.u16(entry), reader.u16(entry + 2), pointer(reader, layout, entry + 4)];
    const size = TYPE_BYTES[type];
    if (size === undefined || values > MOST_VALUES) continue;
    const field = entry + 4 + layout.offset;
    tags.set(id, () => {
      const start = size * values <= layout.offset ? field : pointer(reader, layout, field);
      reader.part(start, size * values);
      const read = { 1: reader.u8, 2: reader.u16, 4: reader.u32, 8: reader.u64 }[size] as (at: number) => number;
      return Array.from({ length: values }, (_, k) => read.call(reader, start + k * size));
    });
  }
  const known = new Map<number, readonly number[] | undefined>();
  const tag = (id: number) => {
    if (!known.has(id)) known.set(id, tags.get(id)?.());
    return known.get(id);
  };
  const samples = tag(277)?.[0] ?? 1;
  const depths = tag(258) ?? [1];
  const page: TiffPage = {
    width: tag(256)?.[0] ?? 0,
    height: tag(257)?.[0] ?? 0,
    bits: depths[0] ?? 1,
    depths,
    samples,
    photometric: tag(262)?.[0] ?? -1,
    directory,
    tag,
    reader,
  };
  return { page, count, next: pointer(reader, layout, at + layout.count + layout.entry * count) };
}

/** Every page of a TIFF file, without reduced copies of a page (NewSubfileType bit 0). Throws a `FormatError` for a damaged file. */
export function readTiffPages(bytes: Uint8Array): TiffPage[] {
  const reader = new ByteReader(bytes, bytes[0] === 0x49);
  const big = reader.u16(2) === 43;
  if (big && reader.u16(4) !== 8) throw new FormatError(`a BigTIFF file with offsets of ${reader.u16(4)} bytes`);
  const layout = big ? BIG : CLASSIC;
  const pages: TiffPage[] = [];
  const seen = new Set<number>();
  let entries = 0;
  for (let at = pointer(reader, layout, big ? 8 : 4), directory = 0; at !== 0; directory++) {
    if (seen.has(at) || seen.size >= MOST_DIRECTORIES) throw new FormatError('TIFF directories without end');
    seen.add(at);
    const { page, count, next } = readDirectory(reader, layout, at, directory, MOST_ENTRIES - entries);
    entries += count;
    if (((page.tag(254)?.[0] ?? 0) & 1) === 0) pages.push(page);
    at = next;
  }
  return pages;
}

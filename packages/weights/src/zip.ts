// The part of the zip format that PyTorch writes: stored entries, with zip64 for large files.
import type { ByteSource } from './byte-source.ts';
import { FormatError } from './errors.ts';

export interface ZipEntry {
  /** First byte of the entry's data. */
  readonly offset: number;
  readonly size: number;
}

const END = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const MAXIMUM_ENTRIES = 1_000_000;
const MAXIMUM_DIRECTORY = 256 * 1024 * 1024;

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const big = (view: DataView, at: number) => Number(view.getBigUint64(at, true));

/** Where the central directory lies. */
async function findDirectory(source: ByteSource): Promise<{ offset: number; size: number; count: number }> {
  const tailSize = Math.min(source.size, 65_557);
  const tailStart = source.size - tailSize;
  const tail = viewOf(await source.read(tailStart, tailSize));
  for (let at = tailSize - 22; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END) continue;
    const count = tail.getUint16(at + 10, true);
    const size = tail.getUint32(at + 12, true);
    const offset = tail.getUint32(at + 16, true);
    if (count !== 0xffff && size !== 0xffffffff && offset !== 0xffffffff) return { offset, size, count };
    if (at < 20 || tail.getUint32(at - 20, true) !== END64_LOCATOR) break;
    const end64 = viewOf(await source.read(big(tail, at - 12), 56));
    return { count: big(end64, 32), size: big(end64, 40), offset: big(end64, 48) };
  }
  throw new FormatError(source.name, 'a zip directory', 'none');
}

/** Sizes and offsets that did not fit 32 bits stand in the extra field, in this order. */
function zip64(view: DataView, extraAt: number, extraSize: number, values: number[]): number[] {
  for (let at = extraAt; at + 4 <= extraAt + extraSize; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let field = at + 4;
    return values.map((value) => {
      if (value !== 0xffffffff) return value;
      if (field + 8 > extraAt + extraSize) throw new FormatError('zip', 'a whole zip64 field', 'one that is cut off');
      field += 8;
      return big(view, field - 8);
    });
  }
  return values;
}

/** The entries of a zip file by name. */
export async function readZipDirectory(source: ByteSource): Promise<Map<string, ZipEntry>> {
  const directory = await findDirectory(source);
  if (directory.count > MAXIMUM_ENTRIES || directory.size > MAXIMUM_DIRECTORY)
    throw new FormatError(source.name, `at most ${MAXIMUM_ENTRIES} zip entries`, `${directory.count}`);
  const bytes = await source.read(directory.offset, directory.size);
  const view = viewOf(bytes);
  const entries = new Map<string, ZipEntry>();
  const decoder = new TextDecoder();
  let at = 0;
  for (let i = 0; i < directory.count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== CENTRAL)
      throw new FormatError(source.name, `${directory.count} zip entries`, `${i}`);
    const [nameSize, extraSize, commentSize] = [28, 30, 32].map((k) => view.getUint16(at + k, true)) as [
      number,
      number,
      number,
    ];
    if (at + 46 + nameSize + extraSize + commentSize > bytes.length)
      throw new FormatError(source.name, 'a whole zip entry', 'one that is cut off');
    const name = decoder.decode(bytes.subarray(at + 46, at + 46 + nameSize));
    const [size, packed, header] = zip64(view, at + 46 + nameSize, extraSize, [
      view.getUint32(at + 24, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 42, true),
    ]) as [number, number, number];
    if (view.getUint16(at + 10, true) !== 0 || size !== packed)
      throw new FormatError(source.name, `'${name}' stored, as PyTorch writes it`, 'a compressed entry');
    entries.set(name, { offset: header, size });
    at += 46 + nameSize + extraSize + commentSize;
  }
  return entries;
}

/** The first byte of an entry's data: its local header repeats the name and may pad it. */
export async function dataOffset(source: ByteSource, { offset }: ZipEntry): Promise<number> {
  const view = viewOf(await source.read(offset, 30));
  if (view.getUint32(0, true) !== LOCAL) throw new FormatError(source.name, 'a local zip header', 'other bytes');
  return offset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
}

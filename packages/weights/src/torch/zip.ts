// The part of the zip format that PyTorch writes: stored entries, with zip64 for large files.
// Numbers of sections refer to PKWARE's APPNOTE.
import { FormatError } from '../errors.ts';
import type { ByteSource } from '../sources/byte-source.ts';

export interface ZipEntry {
  readonly name: string;
  /** Of the entry's local header. */
  readonly offset: number;
  readonly size: number;
  /** Whether the bytes are stored uncompressed and unencrypted. */
  readonly stored: boolean;
}

const END = 0x06054b50;
const END64 = 0x06064b50;
const END64_LOCATOR = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const LOCAL_SIZE = 30;
const CENTRAL_SIZE = 46;
const MAXIMUM_DIRECTORY = 64 * 1024 * 1024;

interface Directory {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const big = (view: DataView, at: number) => Number(view.getBigUint64(at, true));

/** Finds the central directory (4.3.14 to 4.3.16). */
async function findDirectory(source: ByteSource): Promise<Directory> {
  const tailSize = Math.min(source.size, 22 + 0xffff + 20);
  const tail = viewOf(await source.read(source.size - tailSize, tailSize));
  for (let at = tailSize - 22; at >= 0; at--) {
    // The file ends with a comment, whose length is the last field.
    if (tail.getUint32(at, true) !== END || at + 22 + tail.getUint16(at + 20, true) !== tailSize) continue;
    const count = tail.getUint16(at + 10, true);
    const size = tail.getUint32(at + 12, true);
    const offset = tail.getUint32(at + 16, true);
    if (count !== 0xffff && size !== 0xffffffff && offset !== 0xffffffff) return { offset, size, count };
    if (at < 20 || tail.getUint32(at - 20, true) !== END64_LOCATOR) break;
    const end64 = viewOf(await source.read(big(tail, at - 12), 56));
    if (end64.getUint32(0, true) !== END64) break;
    return { count: big(end64, 32), size: big(end64, 40), offset: big(end64, 48) };
  }
  throw new FormatError(source.name, 'a whole zip archive', 'one without the directory at its end', {
    remedy: 'It is probably incomplete: fetch it again.',
  });
}

/** Numbers that do not fit 32 bits are in the extra field, in this order (4.5.3). */
function wide(file: string, extra: DataView, values: readonly number[]): number[] {
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    let field = at + 4;
    return values.map((value) => {
      if (value !== 0xffffffff) return value;
      if (field + 8 > extra.byteLength) throw new FormatError(file, 'a whole zip64 field', 'one that is cut off');
      field += 8;
      return big(extra, field - 8);
    });
  }
  return [...values];
}

/** Refuses names that leave the archive. Those of PyTorch have the form `folder/data/0`. */
function checkName(file: string, name: string): void {
  const parts = name.split('/');
  if (name === '' || name.includes('\\') || name.includes('\0') || /^([A-Za-z]:|\/)/.test(name) || parts.includes('..'))
    throw new FormatError(file, 'zip entries within the archive', `one named '${name}'`);
}

function parseEntries(file: string, bytes: Uint8Array, count: number): ZipEntry[] {
  const view = viewOf(bytes);
  const decoder = new TextDecoder();
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_SIZE > bytes.length || view.getUint32(at, true) !== CENTRAL)
      throw new FormatError(file, `${count} zip entries`, `${i}`);
    const nameEnd = at + CENTRAL_SIZE + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const end = extraEnd + view.getUint16(at + 32, true);
    if (end > bytes.length) throw new FormatError(file, 'a whole zip entry', 'one that is cut off');
    const name = decoder.decode(bytes.subarray(at + CENTRAL_SIZE, nameEnd));
    checkName(file, name);
    const [size, packed, offset] = wide(file, viewOf(bytes.subarray(nameEnd, extraEnd)), [
      view.getUint32(at + 24, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 42, true),
    ]) as [number, number, number];
    const encrypted = (view.getUint16(at + 8, true) & 1) !== 0;
    const stored = view.getUint16(at + 10, true) === 0 && !encrypted;
    if (stored && size !== packed) throw new FormatError(file, `${size} stored bytes of '${name}'`, `${packed}`);
    entries.push({ name, offset, size: packed, stored });
    at = end;
  }
  return entries;
}

/** The entries of a zip file by name. Names must be unique, and entries must neither overlap nor extend beyond the directory. */
export async function readZipDirectory(source: ByteSource): Promise<Map<string, ZipEntry>> {
  const { name: file } = source;
  const directory = await findDirectory(source);
  if (directory.size > MAXIMUM_DIRECTORY)
    throw new FormatError(file, `a zip directory of at most ${MAXIMUM_DIRECTORY} bytes`, `${directory.size}`);
  const entries = parseEntries(file, await source.read(directory.offset, directory.size), directory.count);
  const byName = new Map<string, ZipEntry>();
  let free = 0;
  for (const entry of entries.sort((a, b) => a.offset - b.offset)) {
    const { name, offset, size } = entry;
    if (byName.has(name)) throw new FormatError(file, 'every zip entry once', `'${name}' twice`);
    if (!Number.isSafeInteger(offset) || offset < free)
      throw new FormatError(file, `zip entries that share no bytes`, `'${name}' overlapping another`);
    free = offset + LOCAL_SIZE + size;
    if (!(free <= directory.offset))
      throw new FormatError(file, `'${name}' before the zip directory`, 'one that extends beyond');
    byName.set(name, entry);
  }
  return byName;
}

/**
 * The first byte of an entry's data: the local header repeats the name and may pad it to align the data.
 *
 * @throws {FormatError} if the entry is compressed or encrypted, which PyTorch never does
 */
export async function dataOffset(source: ByteSource, entry: ZipEntry): Promise<number> {
  if (!entry.stored)
    throw new FormatError(source.name, `'${entry.name}' stored as it is`, 'a compressed or encrypted entry');
  const view = viewOf(await source.read(entry.offset, LOCAL_SIZE));
  if (view.getUint32(0, true) !== LOCAL) throw new FormatError(source.name, 'a local zip header', 'other bytes');
  return entry.offset + LOCAL_SIZE + view.getUint16(26, true) + view.getUint16(28, true);
}

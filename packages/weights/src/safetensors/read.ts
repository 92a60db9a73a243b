// Reads safetensors files: 8 bytes with the length of the header, the header as JSON, the tensors. https://huggingface.co/docs/safetensors
import { bytesOf, isDType } from '../dtypes/dtype.ts';
import { FormatError } from '../errors.ts';
import type { ByteSource } from '../sources/byte-source.ts';
import { type TensorFile, type TensorInfo, tensorFile } from '../tensor-file.ts';

/** Other readers accept no larger header; a model of a thousand tensors needs about 100 KB. */
const MAXIMUM_HEADER = 25_000_000;

const MAXIMUM_NESTING = 3;

export const METADATA = '__metadata__';
/** Key of the metadata with further names of tensors, as JSON `{alias: name}`: the format does not let two tensors share bytes. */
export const ALIASES = '__aliases__';

interface Entry extends TensorInfo {
  /** Counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

interface Header {
  /** In the order of their bytes. */
  readonly entries: ReadonlyMap<string, Entry>;
  readonly metadata: Readonly<Record<string, string>>;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value of a JSON text; undefined if it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Strictly decoded text; empty if the bytes are not UTF-8. */
function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return '';
  }
}

const natural = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0;

/** A header is an object of objects of lists. Deeper nesting, as in an attack, would take memory many times its length. */
function checkNesting(file: string, json: Uint8Array): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] as number;
    if (quoted) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) quoted = false;
    } else if (byte === 0x22) quoted = true;
    else if (byte === 0x5b || byte === 0x7b) depth++;
    else if (byte === 0x5d || byte === 0x7d) depth--;
    if (depth > MAXIMUM_NESTING) throw new FormatError(file, `a header nested ${MAXIMUM_NESTING} deep`, 'a deeper one');
  }
}

function parseEntry(file: string, name: string, value: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : ({} as Record<string, unknown>);
  if (!isDType(dtype))
    throw new FormatError(file, `a known dtype for '${name}'`, typeof dtype === 'string' ? dtype : 'none');
  if (!Array.isArray(shape) || !shape.every(natural))
    throw new FormatError(file, `a shape of natural numbers for '${name}'`, 'something else');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(natural))
    throw new FormatError(file, `two data_offsets for '${name}'`, 'something else');
  const [begin, end] = offsets as [number, number];
  const bytes = bytesOf(dtype, shape);
  if (end - begin !== bytes)
    throw new FormatError(file, `${bytes} bytes for '${name}' of shape [${shape.slice(0, 8)}]`, `${end - begin}`);
  return { dtype, shape, begin, end };
}

/**
 * Reads and checks a header.
 *
 * @param bytes number of bytes after the header, which the tensors must cover exactly, without overlap
 */
function parseHeader(file: string, json: Uint8Array, bytes: number): Header {
  checkNesting(file, json);
  const parsed = parseJson(decodeUtf8(json));
  if (!isObject(parsed)) throw new FormatError(file, 'a JSON object as header', 'something else');
  const metadata = Object.hasOwn(parsed, METADATA) ? parsed[METADATA] : {};
  if (!isObject(metadata) || !Object.values(metadata).every((value) => typeof value === 'string'))
    throw new FormatError(file, `only texts in ${METADATA}`, 'something else');
  const entries = Object.entries(parsed)
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => [name, parseEntry(file, name, value)] as const)
    .sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const [name, { begin, end }] of entries) {
    if (begin !== position) throw new FormatError(file, `'${name}' at byte ${position}`, `byte ${begin}`);
    position = end;
  }
  if (position !== bytes) throw new FormatError(file, `${position} bytes of tensors`, `${bytes}`);
  const { [ALIASES]: aliases, ...others } = metadata as Record<string, string>;
  return { entries: withAliases(file, new Map(entries), aliases), metadata: others };
}

/** Adds the further names of tensors that the metadata lists. */
function withAliases(file: string, entries: Map<string, Entry>, json = '{}'): Map<string, Entry> {
  const aliases = parseJson(json);
  if (!isObject(aliases)) throw new FormatError(file, `a JSON object in ${ALIASES}`, 'something else');
  const all = new Map(entries);
  for (const [alias, name] of Object.entries(aliases)) {
    const entry = typeof name === 'string' ? entries.get(name) : undefined;
    if (!entry || all.has(alias) || alias === METADATA)
      throw new FormatError(file, `a new name of a tensor in ${ALIASES}`, `'${alias}'`);
    all.set(alias, { ...entry, aliasOf: name as string });
  }
  return all;
}

/** Opens a safetensors file; only its header is read. */
export async function openSafetensors(source: ByteSource): Promise<TensorFile> {
  const { name: file, size } = source;
  if (size < 8) throw new FormatError(file, 'a safetensors header', `${size} bytes`);
  const prefix = await source.read(0, 8);
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true));
  const limit = Math.min(MAXIMUM_HEADER, size - 8);
  if (length > limit) throw new FormatError(file, `a header of at most ${limit} bytes`, `one of ${length}`);
  const base = 8 + length;
  const { entries, metadata } = parseHeader(file, await source.read(8, length), size - base);
  const tensors = new Map(
    [...entries].map(([name, { begin, end, ...info }]) => [
      name,
      { ...info, range: { offset: base + begin, length: end - begin } },
    ]),
  );
  return tensorFile(
    file,
    tensors,
    metadata,
    ({ range: { offset, length } }) => source.read(offset, length),
    () => source.close(),
  );
}

// The header of a safetensors file: 8 bytes of length, then JSON. https://huggingface.co/docs/safetensors
import { bitsOf, bytesOf, isDType } from '../dtypes/dtype.ts';
import { FormatError } from '../errors.ts';
import type { StoredTensor, TensorInfo } from '../tensor-file.ts';

/** Other readers accept no larger header; a model of a thousand tensors needs about 100 KB. */
export const MAXIMUM_HEADER = 25_000_000;

const MAXIMUM_NESTING = 3;

const METADATA = '__metadata__';
/** Key of the metadata with further names of tensors, as JSON `{alias: name}`: the format does not let two tensors share bytes. */
const ALIASES = '__aliases__';

export interface Entry extends TensorInfo {
  /** Counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
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
export function parseHeader(file: string, json: Uint8Array, bytes: number): Header {
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

/** The bytes of a header, and the tensors in the order of their bytes: wide elements first, so that all are aligned. */
export function layOut(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
): { header: Uint8Array; ordered: readonly (readonly [string, StoredTensor])[] } {
  if (tensors.has(METADATA)) throw new FormatError('tensors to write', `names other than ${METADATA}`, 'that name');
  const firstNames = new Map<StoredTensor, string>();
  const aliases: [string, string][] = [];
  for (const [name, tensor] of tensors) {
    const first = firstNames.get(tensor);
    if (first === undefined) firstNames.set(tensor, name);
    else aliases.push([name, first]);
  }
  if (Object.hasOwn(metadata, ALIASES))
    throw new FormatError('metadata to write', `keys other than ${ALIASES}`, 'that key');
  const own = [...firstNames].map(([tensor, name]) => [name, tensor] as const);
  const ordered = own.sort(([, a], [, b]) => bitsOf(b.dtype) - bitsOf(a.dtype));
  let offset = 0;
  const entries = ordered.map(([name, { dtype, shape }]): [string, unknown] => {
    const begin = offset;
    offset += bytesOf(dtype, shape);
    return [name, { dtype, shape, data_offsets: [begin, offset] }];
  });
  const all = aliases.length === 0 ? metadata : { ...metadata, [ALIASES]: JSON.stringify(Object.fromEntries(aliases)) };
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries([[METADATA, all], ...entries])));
  // Padded with spaces, which JSON ignores, to keep the tensors aligned.
  const header = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(text, 8);
  return { header, ordered };
}

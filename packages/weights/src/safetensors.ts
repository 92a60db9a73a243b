// The safetensors format: 8 bytes of header length, a JSON header, then the tensors' bytes.
// https://huggingface.co/docs/safetensors
import type { ByteSource } from './byte-source.ts';
import { FormatError, WeightsError } from './errors.ts';
import {
  BYTES_PER_ELEMENT,
  type DType,
  sizeOf,
  type TensorFile,
  type TensorInfo,
  type TensorValue,
  toFloat32,
} from './tensor-file.ts';

/** The format's own limit: a larger header is an attack or an accident. */
const MAXIMUM_HEADER = 100_000_000;

interface Entry extends TensorInfo {
  readonly begin: number;
  readonly end: number;
}

function parseEntry(file: string, name: string, value: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const natural = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0;
  const valid =
    typeof dtype === 'string' &&
    Object.hasOwn(BYTES_PER_ELEMENT, dtype) &&
    Array.isArray(shape) &&
    shape.every(natural) &&
    Array.isArray(offsets) &&
    offsets.length === 2 &&
    offsets.every(natural);
  if (!valid)
    throw new FormatError(
      file,
      `dtype, shape and data_offsets for '${name}'`,
      JSON.stringify(value)?.slice(0, 80) ?? 'nothing',
    );
  const [begin, end] = offsets as [number, number];
  const bytes = sizeOf(shape) * BYTES_PER_ELEMENT[dtype as DType];
  if (end - begin !== bytes) throw new FormatError(file, `${bytes} bytes for '${name}' [${shape}]`, `${end - begin}`);
  return { dtype: dtype as DType, shape, begin, end };
}

/** Opens a safetensors file; only its header is read. */
export async function openSafetensors(source: ByteSource): Promise<TensorFile> {
  const { name: file, size } = source;
  if (size < 8) throw new FormatError(file, 'a safetensors header', `${size} bytes`);
  const prefix = await source.read(0, 8);
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true));
  if (length > MAXIMUM_HEADER || length > size - 8)
    throw new FormatError(file, `a header of at most ${Math.min(MAXIMUM_HEADER, size - 8)} bytes`, `one of ${length}`);
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await source.read(8, length)));
  } catch (cause) {
    throw new WeightsError(
      'weights/format',
      `${file}: expected a JSON header, got none. Fetch or save the file again.`,
      { cause },
    );
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw new FormatError(file, 'a JSON object as header', 'another value');
  const base = 8 + length;
  const entries = new Map<string, Entry>();
  for (const [name, value] of Object.entries(header))
    if (name !== '__metadata__') entries.set(name, parseEntry(file, name, value));

  // No two tensors may share bytes, none may lie outside, and nothing may lie between them.
  let position = 0;
  for (const [name, { begin, end }] of [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position) throw new FormatError(file, `'${name}' at byte ${position}`, `byte ${begin}`);
    position = end;
  }
  if (position !== size - base) throw new FormatError(file, `${position} bytes of tensors`, `${size - base}`);

  return {
    tensors: entries,
    metadata: (header.__metadata__ ?? {}) as Record<string, string>,
    async read(name) {
      const entry = entries.get(name);
      if (!entry) throw new FormatError(file, `a tensor '${name}'`, 'none of that name');
      const bytes = await source.read(base + entry.begin, entry.end - entry.begin);
      return { shape: entry.shape, data: toFloat32(bytes, entry.dtype) };
    },
    close: () => source.close(),
  };
}

/** The header and the order in which the tensors' bytes follow it. */
export function safetensorsHeader(
  tensors: ReadonlyMap<string, TensorValue>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = JSON.stringify(header);
  const text = new TextEncoder().encode(json);
  // Padded with spaces so that the tensors are aligned.
  const padded = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(padded.buffer).setBigUint64(0, BigInt(padded.length - 8), true);
  padded.set(text, 8);
  return padded;
}

/** A whole safetensors file of float32 tensors in memory. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, TensorValue>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const header = safetensorsHeader(tensors, metadata);
  const total = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, header.length);
  const bytes = new Uint8Array(total);
  bytes.set(header);
  let offset = header.length;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

// Builds pickles, well-formed and malformed.

export type Part = number | string | Uint8Array;

/** Bytes from opcodes, given as numbers, letters and other bytes. */
export const bytesFrom = (...parts: readonly Part[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === 'number' ? [part] : typeof part === 'string' ? [...new TextEncoder().encode(part)] : [...part],
    ),
  );

/** A number in a number of bytes, the lowest first. */
export const little = (value: number, size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);

const text = (value: string) => bytesFrom('X', little(new TextEncoder().encode(value).length, 4), value);
/** LONG1, so that any number fits. */
const integer = (value: number) => bytesFrom(0x8a, 7, little(value, 7));
const tuple = (...values: readonly Uint8Array[]) => bytesFrom('(', ...values, 't');

export interface PickledTensor {
  readonly key: string;
  readonly type?: string;
  readonly elements: number;
  readonly offset?: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Lazy operations, such as `conj`. */
  readonly flags?: readonly string[];
}

/** A dictionary of tensors, as `torch.save` writes it. */
export function pickledTensors(tensors: Readonly<Record<string, PickledTensor>>): Uint8Array {
  const items = Object.entries(tensors).flatMap(
    ([name, { key, type = 'Float', elements, offset = 0, shape, strides, flags = [] }]) => [
      text(name),
      'ctorch._utils\n_rebuild_tensor_v2\n(',
      tuple(text('storage'), bytesFrom(`ctorch\n${type}Storage\n`), text(key), text('cpu'), integer(elements)),
      'Q',
      integer(offset),
      tuple(...shape.map(integer)),
      tuple(...strides.map(integer)),
      0x89, // NEWFALSE: requires no gradient
      'ccollections\nOrderedDict\n)R', // no hooks
      ...(flags.length > 0 ? ['}', ...flags.map((flag) => bytesFrom(text(flag), 0x88, 's'))] : []),
      'tR',
    ],
  );
  return bytesFrom(0x80, 2, '}(', ...items, 'u.');
}

// NumPy's numbers in pickles.
import { valuesOf } from '../dtypes/small-floats.ts';
import { inertObject, isBytesAsText, isNumpyType } from './pickle-values.ts';

type Read = (view: DataView, littleEndian: boolean) => number | boolean | bigint;

const integer = (value: bigint): number | bigint => (BigInt(Number(value)) === value ? Number(value) : value);

const READERS: Readonly<Record<string, readonly [size: number, read: Read]>> = {
  f2: [2, (view, little) => valuesOf('F16')[view.getUint16(0, little)] as number],
  f4: [4, (view, little) => view.getFloat32(0, little)],
  f8: [8, (view, little) => view.getFloat64(0, little)],
  i1: [1, (view) => view.getInt8(0)],
  i2: [2, (view, little) => view.getInt16(0, little)],
  i4: [4, (view, little) => view.getInt32(0, little)],
  i8: [8, (view, little) => integer(view.getBigInt64(0, little))],
  u1: [1, (view) => view.getUint8(0)],
  u2: [2, (view, little) => view.getUint16(0, little)],
  u4: [4, (view, little) => view.getUint32(0, little)],
  u8: [8, (view, little) => integer(view.getBigUint64(0, little))],
  b1: [1, (view) => view.getUint8(0) !== 0],
};

/** The bytes of a scalar, of which a pickle of protocol 2 makes text. */
function scalarBytes(value: unknown, size: number): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value.length === size ? value : undefined;
  return isBytesAsText(value) && value.text.length === size
    ? Uint8Array.from(value.text, (letter) => letter.charCodeAt(0))
    : undefined;
}

/** A NumPy scalar as a number; text, dates, complex numbers and the like become inert. */
export function numpyScalar(type: unknown, value: unknown): unknown {
  const known = isNumpyType(type) && typeof type.code === 'string' && Object.hasOwn(READERS, type.code);
  const [size, read] = known ? (READERS[type.code as string] as readonly [number, Read]) : [];
  const bytes = size === undefined ? undefined : scalarBytes(value, size);
  if (!known || !read || !bytes) return inertObject();
  return read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), !type.bigEndian);
}

const WIDTHS = ['8', '16', '32', '64'];

/** Classes of NumPy's scalars, which a pickle mentions as types. */
export const NUMPY_TYPES: readonly string[] = [
  ...WIDTHS.flatMap((width) => [`int${width}`, `uint${width}`, ...(width === '8' ? [] : [`float${width}`])]),
  ...['complex64', 'complex128', 'bool', 'bool_', 'str_', 'bytes_', 'object_', 'datetime64', 'timedelta64', 'ndarray'],
].map((name) => `numpy.${name}`);

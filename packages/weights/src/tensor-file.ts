// What every weight file is, whatever its format: named tensors, read one at a time.

/** Element types by their safetensors names. */
export type DType =
  | 'F64'
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'I64'
  | 'I32'
  | 'I16'
  | 'I8'
  | 'U8'
  | 'BOOL'
  | 'U16'
  | 'U32'
  | 'U64';

export const BYTES_PER_ELEMENT: Readonly<Record<DType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
  U16: 2,
  U32: 4,
  U64: 8,
};

export interface TensorInfo {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** A tensor's values, widened to float32. */
export interface TensorValue {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** What the file says beside its tensors. */
  readonly metadata: Readonly<Record<string, string>>;
  /** One tensor as float32, whatever its type in the file; only its bytes are read. */
  read(name: string): Promise<TensorValue>;
  close(): Promise<void>;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

const half = (bits: number): number => {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
};

/** Little-endian elements of any type as float32. */
export function toFloat32(bytes: Uint8Array, dtype: DType): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = BYTES_PER_ELEMENT[dtype];
  const out = new Float32Array(bytes.byteLength / width);
  if (dtype === 'F32') {
    // A copy aligns the bytes; every supported platform is little-endian.
    new Uint8Array(out.buffer).set(bytes);
    return out;
  }
  if (dtype === 'BF16') {
    const words = new Uint32Array(out.buffer);
    for (let i = 0; i < out.length; i++) words[i] = view.getUint16(2 * i, true) << 16;
    return out;
  }
  const element: Record<Exclude<DType, 'F32' | 'BF16'>, (at: number) => number> = {
    F64: (at) => view.getFloat64(at, true),
    F16: (at) => half(view.getUint16(at, true)),
    I64: (at) => Number(view.getBigInt64(at, true)),
    U64: (at) => Number(view.getBigUint64(at, true)),
    I32: (at) => view.getInt32(at, true),
    U32: (at) => view.getUint32(at, true),
    I16: (at) => view.getInt16(at, true),
    U16: (at) => view.getUint16(at, true),
    I8: (at) => view.getInt8(at),
    U8: (at) => view.getUint8(at),
    BOOL: (at) => view.getUint8(at),
  };
  const get = element[dtype];
  for (let i = 0; i < out.length; i++) out[i] = get(i * width);
  return out;
}

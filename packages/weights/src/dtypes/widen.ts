// Decodes elements of any type to float32.
import { bitsOf, type DType } from './dtype.ts';
import { type SmallFloatType, valuesOf } from './small-floats.ts';

/** The buffer of the bytes, copied unless it holds nothing else, so that typed arrays of any width fit. */
function owned(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteLength } = bytes;
  // Not `slice`, which shares memory where the bytes are a Buffer of Node.
  return byteLength === buffer.byteLength && buffer instanceof ArrayBuffer ? buffer : new Uint8Array(bytes).buffer;
}

const VIEWS = {
  F64: Float64Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/** Unpacks codes of 4 or 6 bits, the first in the lowest bits. */
function unpack(bytes: Uint8Array, width: number): Uint8Array {
  const codes = new Uint8Array((bytes.length * 8) / width);
  for (let i = 0; i < codes.length; i++) {
    const [byte, shift] = [Math.floor((i * width) / 8), (i * width) % 8];
    const pair = (bytes[byte] as number) | ((bytes[byte + 1] ?? 0) << 8);
    codes[i] = (pair >> shift) & (2 ** width - 1);
  }
  return codes;
}

function lookUp(bytes: Uint8Array, dtype: SmallFloatType): Float32Array {
  const table = valuesOf(dtype);
  const width = bitsOf(dtype);
  const codes = width === 16 ? new Uint16Array(owned(bytes)) : width === 8 ? bytes : unpack(bytes, width);
  const out = new Float32Array(codes.length);
  for (let i = 0; i < out.length; i++) out[i] = table[codes[i] as number] as number;
  return out;
}

/**
 * Decodes little-endian elements of any type to float32. Assumes a little-endian machine, as all JavaScript engines run on.
 *
 * Integers beyond 2²⁴ and doubles are rounded. Complex numbers become pairs of real and imaginary part. Float32 bytes that have
 * a buffer of their own are not copied.
 */
export function toFloat32(bytes: Uint8Array, dtype: DType): Float32Array {
  switch (dtype) {
    case 'F32':
    case 'C64':
      return new Float32Array(owned(bytes));
    case 'BF16': {
      // The upper half of a float32.
      const halves = new Uint16Array(owned(bytes));
      const words = new Uint32Array(halves.length);
      for (let i = 0; i < words.length; i++) words[i] = (halves[i] as number) << 16;
      return new Float32Array(words.buffer);
    }
    case 'I64':
      return Float32Array.from(new BigInt64Array(owned(bytes)), Number);
    case 'U64':
      return Float32Array.from(new BigUint64Array(owned(bytes)), Number);
    case 'F64':
    case 'I32':
    case 'U32':
    case 'I16':
    case 'U16':
    case 'I8':
    case 'U8':
    case 'BOOL':
      return new Float32Array(new VIEWS[dtype](owned(bytes)));
    default:
      return lookUp(bytes, dtype);
  }
}

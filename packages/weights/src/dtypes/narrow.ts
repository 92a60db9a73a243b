// Encodes float32 values in the element types that can be written.

/** Element types that can be written. */
export type WritableType = 'F32' | 'F16' | 'BF16';

const single = new Float32Array(1);
const word = new Uint32Array(single.buffer);

/** Divides by a power of two; rounds to nearest, ties to even. */
function shiftRounded(value: number, bits: number): number {
  const half = 2 ** (bits - 1);
  const whole = Math.floor(value / 2 ** bits);
  const rest = value % 2 ** bits;
  return rest > half || (rest === half && whole % 2 === 1) ? whole + 1 : whole;
}

/** The IEEE 754 half-precision code of a value, rounded to nearest, ties to even; infinite beyond 65504. */
export function halfOf(value: number): number {
  single[0] = value;
  const bits = word[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  const power = exponent - 127 + 15;
  if (power >= 31) return sign | 0x7c00;
  // If rounding carries into the exponent, the result is the next power of two, as it should be.
  if (power >= 1) return sign | shiftRounded((power << 23) | fraction, 13);
  return power < -10 ? sign : sign | shiftRounded(0x800000 | fraction, 14 - power);
}

/** The upper half of a float32, rounded to nearest, ties to even. */
export function bfloatOf(value: number): number {
  single[0] = value;
  const bits = word[0] as number;
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40;
  return shiftRounded(bits, 16);
}

/** Values in an element type, as little-endian bytes. */
export function fromFloat32(data: Float32Array, dtype: WritableType): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const code = dtype === 'F16' ? halfOf : bfloatOf;
  const codes = new Uint16Array(data.length);
  for (let i = 0; i < codes.length; i++) codes[i] = code(data[i] as number);
  return new Uint8Array(codes.buffer);
}

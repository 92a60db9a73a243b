// IEEE 754 half precision, rounded to nearest, ties to even.

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

const INFINITY = 0x7c00;

function halfBits(value: number): number {
  float[0] = value;
  const word = bits[0] as number;
  const sign = (word >>> 16) & 0x8000;
  const exponent = ((word >>> 23) & 0xff) - 112;
  const fraction = word & 0x7fffff;
  if (exponent === 143) return sign | INFINITY | (fraction ? 0x200 : 0);
  if (exponent < -10) return sign;
  // Below the smallest normal number the leading one becomes part of the fraction.
  const significand = exponent > 0 ? (exponent << 23) | fraction : fraction | 0x800000;
  const shift = exponent > 0 ? 13 : 14 - exponent;
  const tie = 2 ** (shift - 1);
  const rest = significand % 2 ** shift;
  let rounded = Math.floor(significand / 2 ** shift);
  if (rest > tie || (rest === tie && rounded % 2 === 1)) rounded++;
  return sign | Math.min(rounded, INFINITY);
}

/** float32 values as half-precision bit patterns; values beyond ±65504 become infinite. */
export const toHalf = (values: Float32Array): Uint16Array => Uint16Array.from(values, halfBits);

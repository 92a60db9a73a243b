// The element types of safetensors, which include those of PyTorch.

/** Bits per element. Types below 8 bits are packed, with the first element in the lowest bits. */
const BITS = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  U16: 16,
  I16: 16,
  U32: 32,
  I32: 32,
  U64: 64,
  I64: 64,
  F64: 64,
  F32: 32,
  F16: 16,
  BF16: 16,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E5M2FNUZ: 8,
  F8_E4M3FNUZ: 8,
  F8_E8M0: 8,
  F6_E3M2: 6,
  F6_E2M3: 6,
  F4: 4,
  C64: 64,
} as const;

/** Element types by their names in safetensors. */
export type DType = keyof typeof BITS;

export const isDType = (name: unknown): name is DType => typeof name === 'string' && Object.hasOwn(BITS, name);

export const bitsOf = (dtype: DType): number => BITS[dtype];

/** Number of elements of a shape; 1 for a scalar. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Size of a tensor in bytes; fractional if packed elements do not fill the last byte, which files must not contain. */
export const bytesOf = (dtype: DType, shape: readonly number[]): number => (sizeOf(shape) * BITS[dtype]) / 8;

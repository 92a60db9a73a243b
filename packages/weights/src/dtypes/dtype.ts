// The element types of the safetensors format; PyTorch's are a subset.

/** Bits per element. Those below 8 are packed, the first element in the lowest bits. */
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

/** Element types by their safetensors names. */
export type DType = keyof typeof BITS;

export const isDType = (name: unknown): name is DType => typeof name === 'string' && Object.hasOwn(BITS, name);

export const bitsOf = (dtype: DType): number => BITS[dtype];

/** Elements of a shape; 1 for a scalar. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Bytes of a tensor; fractional if packed elements do not fill the last byte, which no file may hold. */
export const bytesOf = (dtype: DType, shape: readonly number[]): number => (sizeOf(shape) * BITS[dtype]) / 8;

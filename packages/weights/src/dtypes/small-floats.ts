// Floating-point formats of at most 16 bits, decoded by table.
import type { DType } from './dtype.ts';

interface SmallFloat {
  readonly exponentBits: number;
  readonly fractionBits: number;
  readonly bias: number;
  /** Meaning of the highest exponents and of negative zero. */
  readonly specials: 'ieee' | 'last-is-nan' | 'negative-zero-is-nan' | 'none';
}

/** IEEE 754 half precision; OCP 8-bit and microscaling (MX) formats; the FNUZ variants of AMD and Graphcore. */
const FORMATS = {
  F16: { exponentBits: 5, fractionBits: 10, bias: 15, specials: 'ieee' },
  F8_E5M2: { exponentBits: 5, fractionBits: 2, bias: 15, specials: 'ieee' },
  F8_E4M3: { exponentBits: 4, fractionBits: 3, bias: 7, specials: 'last-is-nan' },
  F8_E5M2FNUZ: { exponentBits: 5, fractionBits: 2, bias: 16, specials: 'negative-zero-is-nan' },
  F8_E4M3FNUZ: { exponentBits: 4, fractionBits: 3, bias: 8, specials: 'negative-zero-is-nan' },
  F6_E3M2: { exponentBits: 3, fractionBits: 2, bias: 3, specials: 'none' },
  F6_E2M3: { exponentBits: 2, fractionBits: 3, bias: 1, specials: 'none' },
  F4: { exponentBits: 2, fractionBits: 1, bias: 1, specials: 'none' },
} as const satisfies Partial<Record<DType, SmallFloat>>;

export type SmallFloatType = keyof typeof FORMATS | 'F8_E8M0';

function decode(code: number, { exponentBits, fractionBits, bias, specials }: SmallFloat): number {
  const highest = 2 ** exponentBits - 1;
  const magnitude = code % 2 ** (exponentBits + fractionBits);
  const sign = code === magnitude ? 1 : -1;
  const exponent = magnitude >> fractionBits;
  const fraction = magnitude % 2 ** fractionBits;
  if (specials === 'ieee' && exponent === highest) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (specials === 'last-is-nan' && magnitude === 2 ** (exponentBits + fractionBits) - 1) return Number.NaN;
  if (specials === 'negative-zero-is-nan' && sign < 0 && magnitude === 0) return Number.NaN;
  const scaled = fraction / 2 ** fractionBits;
  return sign * (exponent === 0 ? scaled * 2 ** (1 - bias) : (1 + scaled) * 2 ** (exponent - bias));
}

const tables = new Map<SmallFloatType, Float32Array>();

/** The values of all codes of a format; built on first use. */
export function valuesOf(type: SmallFloatType): Float32Array {
  let table = tables.get(type);
  if (!table) {
    // An exponent of eight bits alone: powers of two, and the last code is NaN.
    if (type === 'F8_E8M0')
      table = Float32Array.from({ length: 256 }, (_, code) => (code === 255 ? NaN : 2 ** (code - 127)));
    else {
      const format = FORMATS[type];
      const codes = 2 ** (1 + format.exponentBits + format.fractionBits);
      table = Float32Array.from({ length: codes }, (_, code) => decode(code, format));
    }
    tables.set(type, table);
  }
  return table;
}

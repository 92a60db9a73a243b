// Random damage to files.
import fc from 'fast-check';

export type Mutation = (bytes: Uint8Array) => Uint8Array;

const EXTREMES = [
  0n,
  1n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0xfffffffffn,
  1n << 53n,
  0x7fffffffffffffffn,
  0xffffffffffffffffn,
];

const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** A position in a file of any length. */
const at = (share: number, bytes: Uint8Array) => Math.floor(share * bytes.length);

const bitFlip = fc.tuple(position, fc.nat(7)).map(
  ([where, bit]): Mutation =>
    (bytes) => {
      const out = bytes.slice();
      if (out.length > 0) out[at(where, out)] = (out[at(where, out)] as number) ^ (1 << bit);
      return out;
    },
);

const otherByte = fc.tuple(position, fc.nat(255)).map(
  ([where, value]): Mutation =>
    (bytes) => {
      const out = bytes.slice();
      if (out.length > 0) out[at(where, out)] = value;
      return out;
    },
);

const truncation = position.map(
  (where): Mutation =>
    (bytes) =>
      bytes.slice(0, at(where, bytes)),
);

const wrongLength = fc.tuple(position, fc.constantFrom(2, 4, 8), fc.constantFrom(...EXTREMES)).map(
  ([where, size, value]): Mutation =>
    (bytes) => {
      const out = bytes.slice();
      for (let i = 0; i < size && at(where, out) + i < out.length; i++)
        out[at(where, out) + i] = Number((value >> BigInt(8 * i)) & 255n);
      return out;
    },
);

const otherDigit = fc.tuple(position, fc.nat(9)).map(
  ([where, digit]): Mutation =>
    (bytes) => {
      const out = bytes.slice();
      const digits = [...out.keys()].filter((i) => (out[i] as number) >= 0x30 && (out[i] as number) <= 0x39);
      const chosen = digits[Math.floor(where * digits.length)];
      if (chosen !== undefined) out[chosen] = 0x30 + digit;
      return out;
    },
);

const join = (...parts: readonly Uint8Array[]): Uint8Array => {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
};

const removal = fc.tuple(position, fc.nat(64)).map(
  ([where, size]): Mutation =>
    (bytes) =>
      join(bytes.subarray(0, at(where, bytes)), bytes.subarray(at(where, bytes) + size)),
);

const transplant = fc.tuple(position, position, fc.nat(256)).map(
  ([from, to, size]): Mutation =>
    (bytes) => {
      const piece = bytes.subarray(at(from, bytes), at(from, bytes) + size);
      return join(bytes.subarray(0, at(to, bytes)), piece, bytes.subarray(at(to, bytes)));
    },
);

/** One to four mutations in sequence. */
export const mutations: fc.Arbitrary<Mutation> = fc
  .array(fc.oneof(bitFlip, otherByte, wrongLength, otherDigit, truncation, removal, transplant), {
    minLength: 1,
    maxLength: 4,
  })
  .map(
    (steps): Mutation =>
      (bytes) =>
        steps.reduce((damaged, step) => step(damaged), bytes),
  );

// The inverse DCT of a block in integers: libjpeg's accurate method (jidctint.c, after Loeffler, Ligtenberg and Moschytz 1989), bit for bit.
// Coefficients of damaged files overflow; then this wraps and saturates 16-bit numbers as libjpeg-turbo does on x86 (jidctint-sse2.asm).

import type { Samples } from './upsample.ts';

// Products and sums wrap to 32 bits (`Math.imul`), which is faster than exact ones, and the same after the shifts.
const workspace = new Int32Array(64);

/** A sample four times. */
function four(sample: number): number {
  return Math.max(0, Math.min(sample, 255)) * 0x01010101;
}

/** As the low 16 bits with their sign. */
function wrapped(value: number): number {
  return (value << 16) >> 16;
}

function saturated(value: number): number {
  return Math.max(-32768, Math.min(value, 32767));
}

/** Writes a row of eight equal samples. */
function fillRow(words: Uint32Array, k: number, value: number): void {
  words[k] = value;
  words[k + 1] = value;
}

/**
 * Transforms 64 dequantized coefficients in natural order and writes 8x8 samples of 0 to 255.
 *
 * @param extent the places of all coefficients in the file that are not zero, joined by `|`: below 8 if they are all in the first row. A
 * place is 8 times the row plus the column.
 * @param plane written from `to`, a multiple of 8
 */
export function inverseDct(
  coefficients: Int16Array,
  extent: number,
  { data: out, words, stride }: Pick<Samples, 'data' | 'words' | 'stride'>,
  to: number,
): void {
  // Constants in 1/8192. They are in the function since bundlers make variables of a module's constants, which are slow to read.
  const F_0_298 = 2446;
  const F_0_390 = 3196;
  const F_0_541 = 4433;
  const F_0_765 = 6270;
  const F_0_899 = 7373;
  const F_1_175 = 9633;
  const F_1_501 = 12299;
  const F_1_847 = 15137;
  const F_1_961 = 16069;
  const F_2_053 = 16819;
  const F_2_562 = 20995;
  const F_3_072 = 25172;
  if (extent === 0) {
    // A constant block.
    const value = four(((wrapped(4 * (coefficients[0] as number)) + 16) >> 5) + 128);
    for (let r = 0, k = to >> 2; r < 8; r++, k += stride >> 2) fillRow(words, k, value);
    return;
  }
  const w = workspace;
  const isFlat = extent < 8;
  for (let c = 0; c < 8; c++) {
    const d0 = coefficients[c] as number;
    let o3 = coefficients[c + 8] as number;
    const d2 = coefficients[c + 16] as number;
    let o2 = coefficients[c + 24] as number;
    const d4 = coefficients[c + 32] as number;
    let o1 = coefficients[c + 40] as number;
    const d6 = coefficients[c + 48] as number;
    let o0 = coefficients[c + 56] as number;
    if ((o3 | d2 | o2 | d4 | o1 | d6 | o0) === 0) {
      const dc = isFlat ? wrapped(d0 << 2) : saturated(d0 << 2);
      for (let k = c; k < 64; k += 8) w[k] = dc;
      continue;
    }
    let z1 = Math.imul(d2 + d6, F_0_541);
    const even2 = z1 - Math.imul(d6, F_1_847);
    const even3 = z1 + Math.imul(d2, F_0_765);
    const even0 = wrapped(d0 + d4) << 13;
    const even1 = wrapped(d0 - d4) << 13;
    const t10 = even0 + even3;
    const t11 = even1 + even2;
    const t12 = even1 - even2;
    const t13 = even0 - even3;

    z1 = Math.imul(o0 + o3, -F_0_899);
    const z2 = Math.imul(o1 + o2, -F_2_562);
    let z3 = wrapped(o0 + o2);
    let z4 = wrapped(o1 + o3);
    const z5 = Math.imul(z3 + z4, F_1_175);
    z3 = z5 - Math.imul(z3, F_1_961);
    z4 = z5 - Math.imul(z4, F_0_390);
    o0 = Math.imul(o0, F_0_298) + z1 + z3;
    o1 = Math.imul(o1, F_2_053) + z2 + z4;
    o2 = Math.imul(o2, F_3_072) + z2 + z3;
    o3 = Math.imul(o3, F_1_501) + z1 + z4;

    w[c] = saturated((t10 + o3 + 1024) >> 11);
    w[c + 56] = saturated((t10 - o3 + 1024) >> 11);
    w[c + 8] = saturated((t11 + o2 + 1024) >> 11);
    w[c + 48] = saturated((t11 - o2 + 1024) >> 11);
    w[c + 16] = saturated((t12 + o1 + 1024) >> 11);
    w[c + 40] = saturated((t12 - o1 + 1024) >> 11);
    w[c + 24] = saturated((t13 + o0 + 1024) >> 11);
    w[c + 32] = saturated((t13 - o0 + 1024) >> 11);
  }
  for (let r = 0, k = to; r < 64; r += 8, k += stride) {
    const d0 = w[r] as number;
    if (
      ((w[r + 1] as number) |
        (w[r + 2] as number) |
        (w[r + 3] as number) |
        (w[r + 4] as number) |
        (w[r + 5] as number) |
        (w[r + 6] as number) |
        (w[r + 7] as number)) ===
      0
    ) {
      // Most rows of smooth images are constant.
      const value = four(((d0 + 16) >> 5) + 128);
      fillRow(words, k >> 2, value);
      continue;
    }
    const d2 = w[r + 2] as number;
    const d4 = w[r + 4] as number;
    const d6 = w[r + 6] as number;
    let z1 = Math.imul(d2 + d6, F_0_541);
    const even2 = z1 - Math.imul(d6, F_1_847);
    const even3 = z1 + Math.imul(d2, F_0_765);
    const even0 = (wrapped(d0 + d4) << 13) + 131072;
    const even1 = (wrapped(d0 - d4) << 13) + 131072;
    const t10 = even0 + even3;
    const t11 = even1 + even2;
    const t12 = even1 - even2;
    const t13 = even0 - even3;

    let o0 = w[r + 7] as number;
    let o1 = w[r + 5] as number;
    let o2 = w[r + 3] as number;
    let o3 = w[r + 1] as number;
    z1 = Math.imul(o0 + o3, -F_0_899);
    const z2 = Math.imul(o1 + o2, -F_2_562);
    let z3 = wrapped(o0 + o2);
    let z4 = wrapped(o1 + o3);
    const z5 = Math.imul(z3 + z4, F_1_175);
    z3 = z5 - Math.imul(z3, F_1_961);
    z4 = z5 - Math.imul(z4, F_0_390);
    o0 = Math.imul(o0, F_0_298) + z1 + z3;
    o1 = Math.imul(o1, F_2_053) + z2 + z4;
    o2 = Math.imul(o2, F_3_072) + z2 + z3;
    o3 = Math.imul(o3, F_1_501) + z1 + z4;

    out[k] = ((t10 + o3) >> 18) + 128;
    out[k + 7] = ((t10 - o3) >> 18) + 128;
    out[k + 1] = ((t11 + o2) >> 18) + 128;
    out[k + 6] = ((t11 - o2) >> 18) + 128;
    out[k + 2] = ((t12 + o1) >> 18) + 128;
    out[k + 5] = ((t12 - o1) >> 18) + 128;
    out[k + 3] = ((t13 + o0) >> 18) + 128;
    out[k + 4] = ((t13 - o0) >> 18) + 128;
  }
}

// Normal numbers by tables instead of the functions of Math, to the same single-precision bits in half the time. A page that draws few does not load them.
import { type RandomKey, threefry } from './random.ts';

const [LOG_BITS, ANGLE_BITS] = [9, 10];
const TURN = (2 * Math.PI) / 2 ** 32;

/** At the centers of 2⁹ parts of [1, 2): the reciprocal, and the logarithm of the center. */
const logarithms = /* @__PURE__ */ (() => {
  const table = new Float64Array(2 << LOG_BITS);
  for (let i = 0; i < 1 << LOG_BITS; i++) {
    const reciprocal = 1 / (1 + (i + 0.5) / (1 << LOG_BITS));
    table[2 * i] = reciprocal;
    table[2 * i + 1] = -Math.log(reciprocal);
  }
  return table;
})();

/** Cosine and sine at the centers of 2¹⁰ parts of a turn. */
const angles = /* @__PURE__ */ (() => {
  const table = new Float64Array(2 << ANGLE_BITS);
  for (let i = 0; i < 1 << ANGLE_BITS; i++) {
    const angle = ((i + 0.5) * 2 * Math.PI) / (1 << ANGLE_BITS);
    table[2 * i] = Math.cos(angle);
    table[2 * i + 1] = Math.sin(angle);
  }
  return table;
})();

/** Bound of the difference between both ways of computing, relative to the radius; the actual one is about 10⁻¹⁴. */
const DOUBT = 1e-13;

/**
 * Words below this have a logarithm near 0, which needs more than the tables give. They also keep the functions of Math in use: a branch that is
 * taken once in a million times makes an engine compile its loop again.
 */
const SMALL_WORD = 2 ** 26;

/**
 * Two normal numbers for each pair of words, `factor·√(−2 ln(1 − u))` times cosine and sine of `2πv`, written to `out` from `offset`. Where the
 * tables leave a doubt about the rounding to single precision, the functions of Math decide.
 *
 * @param count numbers to write: at most as many as there are words
 */
export function normalsOf(words: Uint32Array, out: Float32Array, offset: number, count: number, factor: number): void {
  // In built code, constants of a module are variables, which a loop would read again and again.
  const [logs, directions, turn, relativeDoubt, smallWord] = [logarithms, angles, TURN, DOUBT, SMALL_WORD];
  const [logShift, logParts] = [31 - LOG_BITS, 1 << LOG_BITS];
  const [angleShift, mask, half] = [32 - ANGLE_BITS, 2 ** (32 - ANGLE_BITS) - 1, 2 ** (31 - ANGLE_BITS)];
  for (let i = 0; i < count; i += 2) {
    const u = words[i] as number;
    const v = words[i + 1] as number;
    let first = 0;
    let second = 0;
    let isSure = false;
    if (u >= smallWord) {
      // 1 − u = 2^(−1 − shift)·(1 + part), and 1 + part = (1 + r) / reciprocal.
      const rest = -u | 0;
      const shift = Math.clz32(rest);
      const digits = (rest << shift) >>> 0;
      const place = 2 * ((digits >>> logShift) - logParts);
      const r = (digits / 2 ** 31) * (logs[place] as number) - 1;
      const series = r - r * r * (0.5 - r * (1 / 3 - r * (0.25 - r * 0.2)));
      const radius = factor * Math.sqrt(2 * ((1 + shift) * Math.LN2 - ((logs[place + 1] as number) + series)));
      const part = 2 * (v >>> angleShift);
      const cosine = directions[part] as number;
      const sine = directions[part + 1] as number;
      const x = turn * ((v & mask) - half);
      const square = x * x;
      const c = 1 - square * (0.5 - square / 24);
      const s = x * (1 - square * (1 / 6 - square / 120));
      const across = radius * (cosine * c - sine * s);
      const up = radius * (sine * c + cosine * s);
      const doubt = radius * relativeDoubt;
      first = Math.fround(across - doubt);
      second = Math.fround(up - doubt);
      // Whether a zero is a negative one is in doubt as well.
      isSure =
        first === Math.fround(across + doubt) && second === Math.fround(up + doubt) && first !== 0 && second !== 0;
    }
    if (!isSure) {
      // 1 − u is in (0, 1], so that the logarithm is finite.
      const radius = factor * Math.sqrt(-2 * Math.log(1 - u / 2 ** 32));
      first = radius * Math.cos(turn * v);
      second = radius * Math.sin(turn * v);
    }
    out[offset + i] = first;
    if (i + 1 < count) out[offset + i + 1] = second;
  }
}

const block = /* @__PURE__ */ new Uint32Array(256);

/** As `fillNormal`. */
export function fillNormalByTables(
  key: RandomKey,
  out: Float32Array,
  offset: number,
  size: number,
  factor: number,
): void {
  const words = block;
  for (let at = 0; at < size; at += words.length) {
    const count = Math.min(words.length, size - at);
    for (let i = 0; i < count; i += 2) threefry(key, (at + i) >>> 1, 0, words, i);
    normalsOf(words, out, offset + at, count, factor);
  }
}

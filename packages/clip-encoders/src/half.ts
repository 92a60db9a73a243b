// Half precision.

/** Each value as the nearest half-precision float, ties to even; beyond 65504 infinite. */
export function roundToHalf(values: Float32Array): Float32Array {
  return values.map((value) => {
    const size = Math.abs(value);
    if (size >= 65520) return value * Number.POSITIVE_INFINITY;
    // 10 bits behind the leading one, and a fixed grid of 2⁻²⁴ below the smallest normal number.
    const grid = 2 ** (Math.max(-14, Math.floor(Math.log2(size))) - 10);
    return roundToEven(value / grid) * grid;
  });
}

function roundToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

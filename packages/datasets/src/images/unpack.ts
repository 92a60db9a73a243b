// Packed samples of a row as numbers.

/** Unpacks `count` samples of 1 to 16 bits, most significant bit first (16 bits: high byte first). */
export function unpackRow(row: Uint8Array, bits: number, count: number, out: Uint8Array | Uint16Array): void {
  if (bits === 8) out.set(count === row.length ? row : row.subarray(0, count));
  else if (bits === 16)
    for (let i = 0, k = 0; i < count; i++, k += 2) out[i] = ((row[k] as number) << 8) | (row[k + 1] as number);
  else if (bits < 8 && 8 % bits === 0) {
    const mask = (1 << bits) - 1;
    for (let i = 0, bit = 0; i < count; i++, bit += bits)
      out[i] = ((row[bit >> 3] as number) >> (8 - bits - (bit & 7))) & mask;
  } else {
    const mask = (1 << bits) - 1;
    for (let i = 0, at = 0, held = 0, left = 0; i < count; i++) {
      while (left < bits) {
        held = ((held << 8) | (row[at++] as number)) & 0xffffff;
        left += 8;
      }
      left -= bits;
      out[i] = (held >> left) & mask;
    }
  }
}

// Damaged compressed frames, tables and headers: decoded, or refused with a message about the file, without library internals.
import { describe, expect, it } from 'vitest';
import { isDatasetError } from '../errors.ts';
import { decodeImage } from '../images/decode-node.ts';
import { describeImage } from '../images/describe.ts';
import { type Random, seededRandom } from '../random.ts';
import { scanSeeds } from './testing/seeds.ts';

const SEEDS = scanSeeds();

function damage(whole: Uint8Array, random: Random): Uint8Array {
  const below = (n: number) => Math.floor(random() * n);
  let bytes = Uint8Array.from(whole);
  // Half of them in the second half, where the compressed data are.
  const start = random() < 0.5 ? bytes.length >> 1 : 0;
  for (let i = below(3); i >= 0; i--) {
    const at = start + below(bytes.length - start);
    const kind = random();
    if (kind < 0.5) bytes[at] = below(256);
    else if (kind < 0.75) bytes.fill([0, 1, 127, 128, 255][below(5)] as number, at, at + 1 + below(8));
    else if (kind < 0.85) bytes = bytes.slice(0, Math.max(start + 1, at));
    else bytes.copyWithin(at, start + below(bytes.length - start), start + below(bytes.length - start));
  }
  return bytes;
}

/** Words of engines and libraries. */
const INTERNAL =
  /\[object|undefined|NaN|DataView|bounds of|typed array|Invalid (array|date)|[Cc]annot (read|convert)|is not a|wasm|\[ERROR\]/;

describe('damaged scans', () => {
  it.each(Object.entries(SEEDS))('%s', async (kind, seeds) => {
    const cases = kind === 'JPEG-LS' ? 200 : 600;
    let refused = 0;
    for (let i = 0; i < cases; i++) {
      const random = seededRandom('fuzz scans', kind, i);
      const bytes = damage(seeds[i % seeds.length] as Uint8Array, random);
      const page = [undefined, 0, 1][i % 3];
      for (const read of [describeImage, decodeImage] as const)
        try {
          await read(bytes, { name: 'scan', page, volume: page });
        } catch (error) {
          if (!isDatasetError(error, 'datasets/image')) throw new Error(`case ${i} of ${kind}`, { cause: error });
          expect(error.message).toMatch(/^scan: expected .+, got .+\. [A-Z].+\.$/s);
          expect(error.message).not.toMatch(INTERNAL);
          refused += 1;
        }
    }
    expect(refused).toBeGreaterThan(cases / 20);
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(300 * 2 ** 20);
  });
});

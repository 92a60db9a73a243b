// Decompression equals zlib's for every kind of block, in any chunks, and refuses damage wherever it is.
import { constants, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32, gunzip } from './inflate.ts';

function unpack(bytes: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  gunzip(bytes, (piece) => pieces.push(piece.slice()) > 0);
  return Buffer.concat(pieces);
}

/** Bytes with repetitions near and far. */
const text = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 400 })), { maxLength: 12 })
  .map((parts) => Buffer.concat(parts.flatMap(([part, times]) => Array.from({ length: times }, () => part))));

describe('gunzip', () => {
  it('equals zlib for stored, fixed and dynamic blocks', () => {
    fc.assert(
      fc.property(
        text,
        fc.constantFrom(
          { level: 0 },
          { level: 1 },
          { level: 9 },
          { strategy: constants.Z_FIXED },
          { strategy: constants.Z_HUFFMAN_ONLY },
        ),
        (bytes, options) => {
          expect(Buffer.compare(unpack(gzipSync(bytes, options)), bytes)).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('hands over long streams in pieces and stops on request', () => {
    const bytes = Buffer.alloc(3_000_000, 'a long run, ');
    let [pieces, length] = [0, 0];
    gunzip(gzipSync(bytes), (piece) => {
      pieces += 1;
      length += piece.length;
      return true;
    });
    expect(length).toBe(bytes.length);
    expect(pieces).toBeGreaterThan(5);
    let seen = 0;
    gunzip(gzipSync(bytes), (piece) => {
      seen += piece.length;
      return false;
    });
    expect(seen).toBeLessThan(bytes.length / 2);
  });

  it('joins members, skips names and extra fields, and takes zeros at the end for padding', () => {
    const [a, b] = [Buffer.from('first'), Buffer.from('second')];
    expect(unpack(Buffer.concat([gzipSync(a), gzipSync(b), Buffer.alloc(7)])).toString()).toBe('firstsecond');
    const plain = gzipSync(a);
    const flags = Buffer.from(plain.subarray(0, 10));
    flags[3] = 4 | 8;
    const named = Buffer.concat([flags, Buffer.from([2, 0, 9, 9]), Buffer.from('scan.nii\0'), plain.subarray(10)]);
    expect(unpack(named).toString()).toBe('first');
  });

  it('refuses every changed byte of the compressed data', () => {
    const whole = gzipSync(Buffer.from('voxels of a volume, voxels of another'.repeat(5)));
    fc.assert(
      fc.property(fc.integer({ min: 10, max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(whole);
        damaged[at] = (damaged[at] as number) ^ change;
        expect(() => unpack(damaged)).toThrow(/damaged data/);
      }),
    );
  });

  it('refuses streams that end early and bytes after the end that are not padding', () => {
    const whole = gzipSync(Buffer.from('volume'.repeat(100)));
    for (let length = 3; length < whole.length; length++)
      expect(() => unpack(whole.subarray(0, length))).toThrow(/damaged/);
    expect(() => unpack(Buffer.concat([whole, Buffer.from('x')]))).toThrow(/no gzip data/);
  });
});

it('crc32 is that of the standard’s check value, in any parts', () => {
  const bytes = new TextEncoder().encode('123456789');
  expect(crc32(bytes)).toBe(0xcbf43926);
  expect(crc32(bytes.subarray(5), crc32(bytes.subarray(0, 5)))).toBe(0xcbf43926);
});

// Element types: every code of the small types, and round trips.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bfloatOf, fromFloat32, halfOf } from './narrow.ts';
import { valuesOf } from './small-floats.ts';
import { toFloat32 } from './widen.ts';

const float = fc.float({ noNaN: true });

describe('half precision', () => {
  const values = valuesOf('F16');

  it('every code is recovered from its value', () => {
    for (let code = 0; code < 65536; code++) {
      const value = values[code] as number;
      if (Number.isNaN(value)) expect(values[halfOf(value)]).toBeNaN();
      else expect(halfOf(value)).toBe(code);
    }
  });

  it('values between two codes are rounded to the nearest, ties to even', () => {
    for (let code = 0; code < 0x7bff; code++) {
      const [low, high] = [values[code] as number, values[code + 1] as number];
      expect(halfOf((low + high) / 2)).toBe(code + (code % 2));
      expect(halfOf(low + (high - low) / 4)).toBe(code);
      expect(halfOf(low + (3 * (high - low)) / 4)).toBe(code + 1);
    }
  });

  it('values beyond the range become infinite, and small ones zero', () => {
    expect([65519, 65520, 1e30, -1e30].map((v) => values[halfOf(v)])).toEqual([65504, Infinity, Infinity, -Infinity]);
    expect([2 ** -25, 1.01 * 2 ** -25, 2 ** -26, 1e-45].map(halfOf)).toEqual([0, 1, 0, 0]);
  });
});

describe('bfloat16', () => {
  const value = (code: number) => toFloat32(Uint8Array.of(code & 255, code >> 8), 'BF16')[0] as number;

  it('every code is recovered from its value', () => {
    for (let code = 0; code < 65536; code++)
      if (Number.isNaN(value(code))) expect(value(bfloatOf(value(code)))).toBeNaN();
      else expect(bfloatOf(value(code))).toBe(code);
  });

  it('is within half a unit in the last place', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: -(2 ** 100), max: 2 ** 100 }), (x) => {
        expect(Math.abs(value(bfloatOf(x)) - x)).toBeLessThanOrEqual(Math.max(Math.abs(x) * 2 ** -8, 2 ** -134));
      }),
    );
  });
});

it('packed elements have the first in the lowest bits', () => {
  // OCP microscaling: codes 0 to 15 of F4 in order, two to a byte.
  const f4 = toFloat32(Uint8Array.of(0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe), 'F4');
  const positive = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
  expect([...f4]).toEqual([...positive, ...positive.map((x) => -x)]);
  // Four codes of six bits, 1, 2, 3 and 63, in three bytes.
  const bits = 1 | (2 << 6) | (3 << 12) | (63 << 18);
  const bytes = Uint8Array.of(bits & 255, (bits >> 8) & 255, bits >> 16);
  expect([...toFloat32(bytes, 'F6_E2M3')]).toEqual([0.125, 0.25, 0.375, -7.5]);
  expect([...toFloat32(bytes, 'F6_E3M2')]).toEqual([0.0625, 0.125, 0.1875, -28]);
});

it('a round trip of float32 keeps all bits', () => {
  fc.assert(
    fc.property(fc.array(float), (values) => {
      const data = Float32Array.from(values);
      expect(toFloat32(fromFloat32(data, 'F32').slice(), 'F32')).toEqual(data);
    }),
  );
});

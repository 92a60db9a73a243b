// Windows: DICOM's own example, thresholds, values that are no numbers, and exact percentiles.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullWindow, linearWindow, throughWindow } from './window.ts';

describe('windows', () => {
  it('are DICOM’s: its own example of C.11.2.1.2 maps center 2048 and width 4096 onto 0 to 255', () => {
    const { low, high } = linearWindow(2048, 4096);
    expect([low, high]).toEqual([0, 4095]);
    // A pixel is ((x - (c - 0.5)) / (w - 1) + 0.5) * 255.
    const x = 1000;
    expect(throughWindow([-5, 0, x, 4095, 9000], { low, high })).toEqual(
      Uint8Array.from([0, 0, Math.round(((x - 2047.5) / 4095 + 0.5) * 255), 255, 255]),
    );
  });

  it('of width 1 are thresholds, of one value black, and ignore what is not a number', () => {
    expect([...throughWindow([39, 40], linearWindow(40, 1))]).toEqual([0, 255]);
    expect([...throughWindow([7, 7], { low: 7, high: 7 })]).toEqual([0, 0]);
    const values = [Number.NaN, 0, 1, Infinity];
    expect(fullWindow(values)).toEqual({ low: 0, high: 1 });
    expect([...throughWindow(values, { low: 0, high: 1 })]).toEqual([0, 0, 255, 255]);
    expect(fullWindow([])).toBeUndefined();
    expect(fullWindow([Number.NaN, -Infinity])).toBeUndefined();
  });

  it('leave out exactly the share of outliers, whatever the order of the values', () => {
    const values = fc.array(
      // Sums with 0, since -0 and 0 are one value of a window.
      fc.oneof(fc.integer({ min: -9, max: 9 }), fc.double({ noNaN: true, noDefaultInfinity: true })).map((v) => v + 0),
      {
        minLength: 1,
        maxLength: 300,
      },
    );
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 0.49, noNaN: true }), (list, share) => {
        const sorted = Float64Array.from(list).sort();
        const skip = Math.floor(list.length * share);
        expect(fullWindow(list, share)).toEqual({ low: sorted[skip], high: sorted[list.length - 1 - skip] });
      }),
    );
  });
});

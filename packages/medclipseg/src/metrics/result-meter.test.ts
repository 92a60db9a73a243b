import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedDice, uncertaintyPerForeground } from './quality.ts';
import { ResultMeter } from './result-meter.ts';

const maps = (width: number, height: number) =>
  fc
    .array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: width * height, maxLength: width * height })
    .map((probability) => ({
      width,
      height,
      probability,
      mask: probability.map((p) => (p > 0.5 ? 1 : 0)),
      uncertainty: probability.map((p) => Math.min(p, 1 - p)),
    }));

describe('ResultMeter', () => {
  it('has the quality figures of the maps, in one piece or by slices', () => {
    fc.assert(
      fc.property(maps(3, 4), (whole) => {
        const [one, slices] = [new ResultMeter(), new ResultMeter()];
        one.add(whole);
        for (let y = 0; y < 4; y++) {
          const row = (map: readonly number[]) => map.slice(3 * y, 3 * y + 3);
          const { mask, probability, uncertainty } = whole;
          slices.add({
            width: 3,
            height: 1,
            mask: row(mask),
            probability: row(probability),
            uncertainty: row(uncertainty),
          });
        }
        const { imagesWithForeground, imagesTouchingBorder, ...figures } = one.result();
        expect(slices.result()).toMatchObject(figures);
        expect(figures.uncertaintyPerForeground).toBe(uncertaintyPerForeground(whole));
        expect(figures.expectedDice).toBe(expectedDice(whole));
        expect(imagesWithForeground).toBe(figures.foregroundPixels > 0 ? 1 : 0);
      }),
    );
  });

  it('knows a mask on the border from one inside, and an empty one', () => {
    const figures = (...foreground: number[]) => {
      const mask = Uint8Array.from({ length: 9 }, (_, i) => (foreground.includes(i) ? 255 : 0));
      const meter = new ResultMeter();
      meter.add({ width: 3, height: 3, mask, probability: mask.map((v) => v / 255), uncertainty: new Float32Array(9) });
      return meter.result();
    };
    expect(figures(4)).toMatchObject({ foregroundPixels: 1, imagesTouchingBorder: 0, expectedDice: 1 });
    for (const at of [0, 1, 2, 3, 5, 6, 7, 8]) expect(figures(at)).toMatchObject({ imagesTouchingBorder: 1 });
    expect(figures()).toEqual({
      foregroundPixels: 0,
      foregroundShare: 0,
      meanUncertainty: 0,
      imagesWithForeground: 0,
      imagesTouchingBorder: 0,
    });
  });

  it('refuses maps of another size', () => {
    const two = [0, 1];
    expect(() => new ResultMeter().add({ width: 2, height: 2, mask: two, probability: two, uncertainty: two })).toThrow(
      'mask: expected 4 pixels, as 2x2, got 2',
    );
  });
});

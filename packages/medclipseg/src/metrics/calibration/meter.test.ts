// Figures of calibration against their definitions.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CalibrationMeter } from './meter.ts';

const pixels = fc.array(
  // Uncertainties in the middle of a level, so that levels order them as they are.
  fc.record({
    p: fc.double({ min: 0, max: 1, noNaN: true }),
    u: fc.integer({ min: 0, max: 9 }),
    t: fc.constantFrom(0, 1),
  }),
  { minLength: 2, maxLength: 60 },
);
const measure = (rows: { p: number; u: number; t: number }[], cut = rows.length) => {
  const meter = new CalibrationMeter();
  for (const part of [rows.slice(0, cut), rows.slice(cut)])
    meter.add(
      part.map(({ p }) => p),
      part.map(({ u }) => ((u * 100 + 0.5) / 1000) * Math.LN2),
      part.map(({ t }) => t),
    );
  return meter.result();
};

it('equals the definitions, however the pixels are cut into images', () => {
  fc.assert(
    fc.property(pixels, fc.nat(60), (rows, cut) => {
      const result = measure(rows, cut);
      expect(result.brier).toBeCloseTo(rows.reduce((s, { p, t }) => s + (p - t) ** 2, 0) / rows.length, 12);
      const wrong = rows.filter(({ p, t }) => (p > 0.5 ? 1 : 0) !== t);
      const right = rows.filter((row) => !wrong.includes(row));
      const wins = wrong.flatMap((w) => right.map((r) => (w.u > r.u ? 1 : w.u === r.u ? 0.5 : 0) as number));
      if (wins.length === 0) expect(result.errorAuroc).toBeNaN();
      else expect(result.errorAuroc).toBeCloseTo(wins.reduce((a, b) => a + b, 0) / wins.length, 12);
      expect(result.riskCoverage.at(-1)).toEqual({ coverage: 1, risk: wrong.length / rows.length });
    }),
  );
});

it('finds no calibration error where frequency is as foretold, and the whole gap where it is not', () => {
  const quarter = [1, 0, 0, 0].map((t) => ({ p: 0.25, u: 5, t }));
  expect(measure(quarter).expectedCalibrationError).toBeCloseTo(0, 12);
  expect(measure([{ p: 1, u: 0, t: 0 }]).expectedCalibrationError).toBe(1);
  expect(measure(quarter).reliability).toEqual([{ confidence: 0.25, frequency: 0.25, pixels: 4 }]);
});

it('has a smaller area where errors are the uncertain pixels', () => {
  const rows = (u: number) => [...Array(9).fill({ p: 1, u: 4, t: 1 }), { p: 1, u, t: 0 }];
  expect(measure(rows(9)).areaUnderRiskCoverage).toBeCloseTo(0.01, 12);
  expect(measure(rows(0)).areaUnderRiskCoverage).toBeGreaterThan(0.1);
});

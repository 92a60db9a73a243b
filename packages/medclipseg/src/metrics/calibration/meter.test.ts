// Figures of calibration against their definitions.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binaryEntropy } from '../../uncertainty.ts';
import { correlate } from './images.ts';
import { CalibrationMeter } from './meter.ts';
import { selectivePrediction } from './selective.ts';

const pixels = fc.array(
  fc.record({
    p: fc.double({ min: 0, max: 1, noNaN: true }),
    u: fc.integer({ min: 0, max: 9 }),
    t: fc.constantFrom(0, 1),
  }),
  { minLength: 2, maxLength: 60 },
);
type Row = { p: number; u: number; t: number };

const add = (meter: CalibrationMeter, rows: readonly Row[]) =>
  meter.add(
    rows.map(({ p }) => p),
    rows.map(({ t }) => t),
    rows.map(({ u }) => (u / 9) * Math.LN2),
  );
const measure = (rows: readonly Row[], cut = rows.length) => {
  const meter = new CalibrationMeter();
  for (const part of [rows.slice(0, cut), rows.slice(cut)]) if (part.length > 0) add(meter, part);
  return meter.result();
};
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Mean risk at each coverage over all orders that ties allow, one pixel after another. */
function risks(rows: readonly Row[]): number[] {
  const wrong = (row: Row) => ((row.p > 0.5 ? 1 : 0) === row.t ? 0 : 1);
  let kept = 0;
  return rows
    .map((row) => mean(rows.filter(({ u }) => u === row.u).map(wrong)))
    .map((share, i) => ({ share, u: (rows[i] as Row).u }))
    .sort((a, b) => a.u - b.u)
    .map(({ share }, k) => {
      kept += share;
      return kept / (k + 1);
    });
}

describe('pixels', () => {
  it('equal the definitions, however they are cut into images', () => {
    fc.assert(
      fc.property(pixels, fc.nat(60), (rows, cut) => {
        const { brier, selective } = measure(rows, cut);
        expect(brier).toBeCloseTo(mean(rows.map(({ p, t }) => (p - t) ** 2)), 12);
        const wrong = rows.filter(({ p, t }) => (p > 0.5 ? 1 : 0) !== t);
        const right = rows.filter((row) => !wrong.includes(row));
        const wins = wrong.flatMap((w) => right.map((r) => (w.u > r.u ? 1 : w.u === r.u ? 0.5 : 0) as number));
        if (wins.length === 0) expect(selective.errorAuroc).toBeNaN();
        else expect(selective.errorAuroc).toBeCloseTo(mean(wins), 12);
        expect(selective.area).toBeCloseTo(mean(risks(rows)), 12);
        expect(selective.areaOfRandomOrder).toBeCloseTo(wrong.length / rows.length, 12);
        const best = rows.map((row) => ({ ...row, u: wrong.includes(row) ? 1 : 0 }));
        expect(selective.areaOfBestOrder).toBeCloseTo(mean(risks(best)), 12);
        expect(selective.areaOfBestOrder).toBeLessThanOrEqual(selective.area + 1e-12);
        expect(selective.riskCoverage.at(-1)?.risk).toBeCloseTo(wrong.length / rows.length, 12);
      }),
    );
  });

  it('have the risk of each coverage', () => {
    const [right, wrong] = [
      [60, 20, 0],
      [0, 10, 10],
    ];
    const { riskCoverage } = selectivePrediction({ right, wrong });
    expect(riskCoverage).toHaveLength(100);
    const at = (coverage: number) => riskCoverage[coverage - 1]?.risk;
    expect(at(60)).toBe(0);
    expect(at(75)).toBeCloseTo(5 / 75, 12);
    expect(at(90)).toBeCloseTo(10 / 90, 12);
    expect(at(100)).toBeCloseTo(20 / 100, 12);
  });

  it('have the uncertainty of their probability unless it is given', () => {
    const probability = [0.02, 0.3, 0.5, 0.93, 0.6];
    const truth = [0, 1, 0, 1, 0];
    const [implied, given] = [new CalibrationMeter(), new CalibrationMeter()];
    const image = implied.add(probability, truth);
    expect(given.add(probability, truth, probability.map(binaryEntropy))).toEqual(image);
    expect(given.result()).toEqual(implied.result());
    expect(image.uncertaintyPerForeground).toBeCloseTo((image.meanUncertainty * 5) / 2.35, 12);
  });

  it('are counted in millions without losing the area', () => {
    // One level: the order is random, so the area is the share of errors.
    const { area, areaOfRandomOrder } = selectivePrediction({ right: [9e7], wrong: [1e7] });
    expect(area).toBeCloseTo(areaOfRandomOrder, 12);
  });

  it('have no calibration error where frequency is as foretold, and the whole gap where it is not', () => {
    const quarter = [1, 0, 0, 0].map((t) => ({ p: 0.25, u: 5, t }));
    expect(measure(quarter).reliability).toEqual({
      bins: [{ confidence: 0.25, frequency: 0.25, pixels: 4 }],
      expectedCalibrationError: 0,
    });
    expect(measure([{ p: 1, u: 0, t: 0 }]).reliability.expectedCalibrationError).toBe(1);
  });

  it.each([
    ['a probability above one', [1.5], [1], undefined],
    ['a probability that is no number', [Number.NaN], [1], undefined],
    ['an uncertainty above ln 2', [0.5], [1], [0.8]],
    ['maps of different sizes', [0.5, 0.5], [1], undefined],
  ])('are refused with %s', (_, probability, truth, uncertainty) => {
    expect(() => new CalibrationMeter().add(probability, truth, uncertainty)).toThrow(/expected .*, got /);
  });
});

it('finds images that are uncertain because they are wrong', () => {
  const score = Array.from({ length: 30 }, (_, i) => i / 30);
  const { pearson, spearman } = correlate(
    score.map((s) => (1 - s) ** 3),
    score,
  );
  expect(spearman.value).toBeCloseTo(-1, 12);
  expect(pearson.value).toBeGreaterThan(-0.95);
  expect(pearson.high).toBeLessThan(-0.85);
});

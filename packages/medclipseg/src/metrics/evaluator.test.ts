// A run over images.
import { expect, it } from 'vitest';
import { Evaluator } from './evaluator.ts';

const mask = (...data: number[]) => ({ width: data.length, height: 1, data });
const options = { resamples: 200 };

it('has the scores of every image and their means', () => {
  const evaluator = new Evaluator({ ...options, tolerance: 0.6, spacing: { x: 0.5, y: 0.5 } });
  evaluator.add({ name: 'a', file: 'a.png', truth: mask(1, 1, 0, 0), prediction: mask(0, 1, 1, 0) });
  evaluator.add({ name: 'b', file: 'b.png', truth: mask(1, 1, 0, 0), prediction: mask(1, 1, 0, 0) });
  evaluator.add({ name: 'c', file: 'c.png', truth: mask(1, 1, 0, 0), prediction: mask(0, 0, 0, 0) });
  const { summary, images, published, calibration, ...rest } = evaluator.result({ missing: ['d'], extra: ['e'] });
  expect(images.map(({ name, dsc }) => [name, Math.round(100 * dsc)])).toEqual([
    ['a', 50],
    ['b', 100],
    ['c', 0],
  ]);
  expect(summary.dsc.mean).toBeCloseTo(0.5, 6);
  expect(published.dsc).toBe(0.5);
  // The image without a prediction has no distance; the other two are half a unit and none apart.
  expect([summary.hd95.images, summary.hd95.infinite, summary.hd95.mean]).toEqual([2, 1, 0.25]);
  expect(calibration).toBeUndefined();
  expect(rest).toEqual({ tolerance: 0.6, spacing: { x: 0.5, y: 0.5 }, missing: ['d'], extra: ['e'] });
});

it('is calibrated where there are probabilities', () => {
  const evaluator = new Evaluator(options);
  const add = (name: string, probability: number[], truth: number[]) =>
    evaluator.add({
      name,
      file: `${name}.png`,
      truth: mask(...truth),
      prediction: mask(...probability.map((p) => (p > 0.5 ? 1 : 0))),
      probability,
    });
  add('sure', [0.99, 0.99, 0.01, 0.01], [1, 1, 0, 0]);
  add('unsure', [0.6, 0.4, 0.6, 0.4], [1, 1, 0, 0]);
  add('between', [0.8, 0.6, 0.3, 0.1], [1, 1, 0, 0]);
  const { calibration } = evaluator.result();
  expect(calibration?.pixels).toBe(12);
  expect(calibration?.selective.errorAuroc).toBeGreaterThan(0.8);
  expect(calibration?.meanUncertainty.pearson.value).toBeLessThan(0);
  expect(calibration?.brierOfImages.value).toBeCloseTo(calibration?.brier as number, 12);
});

it('has the quality figures of images with a predicted foreground, and how they follow the score', () => {
  const evaluator = new Evaluator(options);
  const truth = mask(1, 1, 0, 0);
  for (const [name, probability] of Object.entries({
    sure: [0.99, 0.99, 0.01, 0.01],
    unsure: [0.6, 0.4, 0.6, 0.4],
    between: [0.8, 0.6, 0.55, 0.1],
    empty: [0.2, 0.3, 0.1, 0.1],
  })) {
    const prediction = mask(...probability.map((p) => (p > 0.5 ? 1 : 0)));
    evaluator.add({ name, file: `${name}.png`, truth, prediction, probability });
  }
  const { calibration, images } = evaluator.result();
  expect(images.map(({ expectedDice }) => expectedDice?.toFixed(3))).toEqual(['0.990', '0.600', '0.772', undefined]);
  expect(images.map(({ uncertaintyPerForeground }) => typeof uncertaintyPerForeground)).toEqual([
    'number',
    'number',
    'number',
    'undefined',
  ]);
  expect([calibration?.expectedDice.images, calibration?.meanUncertainty.images]).toEqual([3, 4]);
  expect(calibration?.expectedDice.spearman.value).toBeCloseTo(1, 12);
  expect(calibration?.uncertaintyPerForeground.spearman.value).toBeCloseTo(-1, 12);
});

it('takes probabilities of all images or of none', () => {
  const evaluator = new Evaluator();
  evaluator.add({ name: 'a', file: 'a.png', truth: mask(1), prediction: mask(1) });
  expect(() =>
    evaluator.add({ name: 'b', file: 'b.png', truth: mask(1), prediction: mask(1), probability: [1] }),
  ).toThrow('b: expected probabilities of all images or of none, got some');
});

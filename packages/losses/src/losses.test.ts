import { l2Normalize, registerGradients } from '@medclipseg/nn';
import { gradientError } from '@medclipseg/nn/testing';
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import {
  binaryCrossEntropy,
  isLossError,
  type LossOptions,
  regionDice,
  rowDice,
  segmentationLoss,
  softContrastive,
  softTargets,
} from './index.ts';

/** `a·sin(b + c·i)` over the flat index, as the reference values were made. */
const wave = (shape: number[], a: number, b: number, c: number) =>
  tf.tensor(
    Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => a * Math.sin(b + c * i)),
    shape,
  );
const mask = () =>
  tf.tensor3d([
    [
      [1, 1, 0, 1],
      [1, 0, 0, 1],
      [0, 0, 1, 1],
    ],
    [
      [0, 1, 1, 0],
      [0, 1, 0, 0],
      [0, 0, 0, 0],
    ],
  ]);

const t = (...shape: number[]) => tf.zeros(shape);
const loss = (options: LossOptions) => segmentationLoss(t(1, 2, 2), t(1, 2, 2), undefined, options);

const value = async (f: () => tf.Tensor): Promise<number> => {
  const tensor = tf.tidy(f);
  const [first] = await tensor.data();
  tensor.dispose();
  return first as number;
};

eachBackend('losses', () => {
  it("equal the reference's values", async () => {
    const logits = () => wave([2, 3, 4], 3, 0.2, 0.7);
    expect(await value(() => rowDice(logits(), mask()))).toBeCloseTo(0.65129299, 5);
    expect(await value(() => binaryCrossEntropy(logits(), mask()))).toBeCloseTo(1.04094627, 5);
    expect(await value(() => segmentationLoss(logits(), mask()).total)).toBeCloseTo(0.84611963, 5);
    expect(await value(() => softContrastive(wave([3, 4], 0.5, 0.1, 0.6), wave([3, 4], 2, 0.7, 0.9)))).toBeCloseTo(
      9.55852659,
      4,
    );
    expect(await value(() => softTargets(wave([3, 4], 2, 0.7, 0.9)))).toBeCloseTo(0.47330527, 5);
  });

  it('of a correct confident prediction are 0, of a wrong one 1', async () => {
    const sure = (sign: number) => tf.mul(tf.sub(mask(), 0.5), 60 * sign);
    expect(await value(() => regionDice(sure(1), mask()))).toBeCloseTo(0, 4);
    expect(await value(() => regionDice(sure(-1), mask()))).toBeCloseTo(1, 4);
  });

  it('of an empty mask are 0 without a prediction, and push a prediction down', async () => {
    const empty = () => t(2, 3, 4);
    const level = (logit: number) => tf.fill([2, 3, 4], logit);
    for (const dice of ['row', 'region'] as const) {
      const at = (logit: number) => value(() => segmentationLoss(level(logit), empty(), undefined, { dice }).total);
      expect(await at(-40)).toBeCloseTo(0, 5);
      const losses = [await at(-2), await at(0), await at(2), await at(40)];
      for (const loss of losses) expect(Number.isFinite(loss)).toBe(true);
      expect(losses).toEqual([...losses].sort((a, b) => a - b));
      registerGradients();
      const slope = await value(() =>
        tf.min(tf.grad((z) => segmentationLoss(z, empty(), undefined, { dice }).total)(level(-3))),
      );
      expect(slope).toBeGreaterThan(0);
    }
  });

  it.each([2, 8, 24])('are right over a batch of %i full images', async (batch) => {
    const size = batch * 224 * 224;
    const logits = Float32Array.from({ length: size }, (_, i) => 3 * Math.sin(i * 0.0137) * Math.cos(i * 0.00091));
    const truth = Float32Array.from({ length: size }, (_, i) => (i % 7 === 0 ? 1 : 0));
    let expected = 0;
    for (let i = 0; i < size; i++)
      expected += (Math.log1p(Math.exp(logits[i] as number)) - (logits[i] as number) * (truth[i] as number)) / size;
    const tensor = (values: Float32Array) => tf.tensor(values, [batch, 224, 224]);
    const actual = await value(() => binaryCrossEntropy(tensor(logits), tensor(truth)));
    expect(Math.abs(actual / expected - 1)).toBeLessThan(3e-7);
  });

  it('are 0 for the contrast of a single pair', async () => {
    expect(await value(() => softContrastive(wave([1, 4], 1, 0, 1), wave([1, 4], 1, 2, 1)))).toBeCloseTo(0, 6);
  });

  it('with hard targets is the cross-entropy of each image with its own prompt', async () => {
    const [image, text] = [wave([3, 4], 0.5, 0.1, 0.6), wave([3, 4], 2, 0.7, 0.9)];
    const loss = tf.tidy(() => softContrastive(image, text, { targets: 'hard', temperature: 0.5 }));
    const expected = tf.tidy(() => {
      const logits = tf.mul(tf.matMul(image, text, false, true), 2);
      const own = (x: tf.Tensor) => tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(x), tf.eye(3)), 1)));
      return tf.div(tf.add(own(logits), own(tf.transpose(logits))), 2);
    });
    expect((await loss.data())[0]).toBeCloseTo((await expected.data())[0] as number, 5);
    tf.dispose([image, text, loss, expected]);
  });

  it("with the paper's targets are distributions per row, sharper for dissimilar prompts", async () => {
    const targets = tf.tidy(() => softTargets(wave([3, 4], 2, 0.7, 0.9), { targets: 'paper' }));
    const rows = (await targets.array()) as number[][];
    for (const row of rows) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(rows[0]?.[0]).toBeGreaterThan(0.47330527);
    targets.dispose();
  });

  it('have the right gradients', async () => {
    registerGradients();
    const [logits, truth, image, text] = [
      wave([2, 3, 4], 1, 0.2, 0.7),
      mask(),
      wave([3, 4], 0.5, 0.1, 0.6),
      wave([3, 4], 2, 0.7, 0.9),
    ];
    expect(await gradientError((x) => segmentationLoss(x as tf.Tensor, truth).total, [logits])).toBeLessThan(3e-3);
    expect(await gradientError((x) => regionDice(x as tf.Tensor, truth), [logits])).toBeLessThan(3e-3);
    expect(await gradientError((x) => softContrastive(l2Normalize(x as tf.Tensor), text), [image])).toBeLessThan(3e-3);
    tf.dispose([logits, truth, image, text]);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['a mask of another shape', () => rowDice(t(1, 2, 2), t(1, 2, 3)), /mask: expected \[1,2,2\], got \[1,2,3\]/],
    ['a single map', () => regionDice(t(4, 4), t(4, 4)), /logits: expected \[B, H, W\], got \[4,4\]/],
    ['channels', () => rowDice(t(1, 4, 4, 1), t(1, 4, 4, 1)), /logits: expected \[B, H, W\], got \[1,4,4,1\]/],
    ['an empty batch', () => regionDice(t(0, 4, 4), t(0, 4, 4)), /got \[0,4,4\]/],
    ['a single row', () => rowDice(t(1, 1, 4), t(1, 1, 4)), /at least two rows/],
    ['features of rank 3', () => softContrastive(t(2, 3, 4), t(2, 3, 4)), /image features: expected \[B, D\], got/],
    ['features of two widths', () => softContrastive(t(2, 3), t(2, 4)), /text features: expected \[2,3\], got \[2,4\]/],
    ['text of rank 3', () => softTargets(t(2, 3, 4)), /text features: expected \[B, D\]/],
    ['temperature 0', () => softContrastive(t(2, 3), t(2, 3), { temperature: 0 }), /temperature: .* above 0, got 0/],
    ['temperature NaN', () => softTargets(t(2, 3), { temperature: Number.NaN }), /temperature: .* got NaN/],
    [
      'unknown targets',
      () => softContrastive(t(2, 3), t(2, 3), { targets: 'sharp' as 'paper' }),
      /targets: .* got 'sharp'/,
    ],
    ['unknown Dice', () => loss({ dice: 'rows' as 'row' }), /dice: expected row or region, got 'rows'/],
    ['a misspelled option', () => loss({ diceWieght: 1 } as object), /options: expected dice or .*, got 'diceWieght'/],
    ['a weight that is not a number', () => loss({ crossEntropyWeight: Number.NaN }), /crossEntropyWeight: .* got NaN/],
    ['a contrastive option', () => softContrastive(t(2, 3), t(2, 3), { tau: 1 } as object), /got 'tau'/],
  ])('reject %s', (_name, f, message) => {
    let error: unknown;
    try {
      tf.tidy(() => void f());
    } catch (thrown) {
      error = thrown;
    }
    expect(isLossError(error)).toBe(true);
    expect((error as Error).message).toMatch(message);
  });
});

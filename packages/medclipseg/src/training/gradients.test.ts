// Recomputed and accumulated gradients are those of the whole batch, computed at once.
import { tokenBatch } from '@medclipseg/clip-encoders';
import {
  counterNoise,
  disposeParameters,
  keyOf,
  type Noise,
  randomNormal,
  trainable,
  variablesOf,
} from '@medclipseg/nn';
import { replayedNoise } from '@medclipseg/nn/testing';
import { eachBackend } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { config, tokenizer, withSkips } from '../fixtures/tiny-model.ts';
import type { ModelConfig } from '../index.ts';
import {
  accumulatedGradients,
  type LossAndGradients,
  lossAndGradients,
  type MicroBatch,
  TRAINABLE_PARAMETERS,
} from '../internal.ts';
import { initializeModel } from '../network.ts';

const PROMPTS = ['polyp left', 'polyp right', 'left'];

/** The images of the given rows; what a row holds depends on nothing else. */
function batch(rows: readonly number[]): MicroBatch {
  const joined = (name: string, size: number) =>
    Float32Array.from(rows.flatMap((row) => [...randomNormal(keyOf(name, row), size)]));
  return {
    image: tf.tensor4d(joined('image', 768), [rows.length, 16, 16, 3]),
    mask: tf.tensor3d(
      joined('mask', 256).map((x) => (x > 0 ? 1 : 0)),
      [rows.length, 16, 16],
    ),
    prompts: tokenBatch(rows.map((row) => tokenizer.encode(PROMPTS[row] as string))),
    noise: counterNoise(
      7,
      rows.map((row) => ({ image: row, sample: 0 })),
    ),
  };
}
const drop = ({ image, mask, prompts }: MicroBatch) => tf.dispose([image, mask, prompts.ids]);

async function expectSame(actual: LossAndGradients, expected: LossAndGradients) {
  for (const term of ['total', 'dice', 'crossEntropy', 'contrastive'] as const)
    expect(Math.abs(actual.loss[term] - expected.loss[term]), term).toBeLessThan(1e-5);
  expect([...actual.gradients.keys()].sort()).toEqual([...expected.gradients.keys()].sort());
  const values = async (gradient: tf.Tensor) => [...(await gradient.data())];
  const all = (await Promise.all([...expected.gradients.values()].map(values))).flat();
  const scale = Math.max(...all.map(Math.abs));
  for (const [name, gradient] of expected.gradients) {
    const other = await values(actual.gradients.get(name) as tf.Tensor);
    for (const [i, value] of (await values(gradient)).entries())
      expect(Math.abs((other[i] as number) - value), name).toBeLessThan(1e-5 * scale);
  }
  tf.dispose([...actual.gradients.values(), ...expected.gradients.values()]);
}

const variants: [string, ModelConfig, RegExp][] = [
  ['frozen encoders', config, TRAINABLE_PARAMETERS],
  ['everything learning', config, /./],
  ['skips, frozen encoders', withSkips, TRAINABLE_PARAMETERS],
  ['skips, everything learning', withSkips, /./],
  ['adapters out of order', { ...config, adapters: { ...config.adapters, layers: [2, 1] } }, TRAINABLE_PARAMETERS],
];

eachBackend('gradients', () => {
  for (const [title, variant, pattern] of variants) {
    const make = () => trainable(initializeModel(variant, 1), pattern);

    it(`recomputed equal the plain ones: ${title}`, async () => {
      const network = { config: variant, parameters: make() };
      const variables = variablesOf(network.parameters);
      const whole = batch([0, 1, 2]);
      const plain = await lossAndGradients(network, whole, variables, { noise: whole.noise });
      await expectSame(
        await lossAndGradients(network, whole, variables, { noise: whole.noise, recompute: true }),
        plain,
      );
      drop(whole);
      disposeParameters(network.parameters);
    });

    const cases = [
      { parts: [[0], [1], [2]], recompute: false },
      { parts: [[0, 1], [2]], recompute: true },
    ];
    it.each(cases)(
      `of parts $parts equal those of the whole, recompute $recompute: ${title}`,
      async ({ parts, recompute }) => {
        const network = { config: variant, parameters: make() };
        const variables = variablesOf(network.parameters);
        const whole = batch(parts.flat());
        const pieces = parts.map(batch);
        const plain = await lossAndGradients(network, whole, variables, { noise: whole.noise });
        await expectSame(await accumulatedGradients(network, pieces, variables, { recompute }), plain);
        for (const piece of [whole, ...pieces]) drop(piece);
        disposeParameters(network.parameters);
      },
    );
  }

  it('recomputed equal the plain ones with replayed noise', async () => {
    const parameters = trainable(initializeModel(config, 1), TRAINABLE_PARAMETERS);
    const network = { config, parameters };
    const variables = variablesOf(parameters);
    const whole = batch([0, 1, 2]);
    // The noise of a forward pass, in the order in which it is drawn.
    const drawn: tf.Tensor[] = [];
    const recorder: Noise = {
      draw(site, shape) {
        const noise = (whole.noise as Noise).draw(site, shape) as tf.Tensor;
        drawn.push(tf.keep(noise));
        return tf.clone(noise);
      },
    };
    const plain = await lossAndGradients(network, whole, variables, { noise: recorder });
    const replayed = replayedNoise(drawn);
    await expectSame(await lossAndGradients(network, whole, variables, { noise: replayed, recompute: true }), plain);
    tf.dispose(drawn);
    drop(whole);
    disposeParameters(parameters);
  });
});

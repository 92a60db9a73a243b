// Steps of ONNX Runtime against those of TensorFlow.js.
import { tokenBatch } from '@medclipseg/clip-encoders';
import {
  counterDropout,
  counterNoise,
  disposeParameters,
  keyOf,
  randomNormal,
  trainable,
  variablesOf,
} from '@medclipseg/nn';
import { suiteOn } from '@medclipseg/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { config, tokenizer, withSkips } from '../../fixtures/tiny-model.ts';
import type { ModelConfig } from '../../index.ts';
import { initializeModel, type Network, TRAINABLE_PARAMETERS } from '../../network.ts';
import type { MicroBatch } from '../batch.ts';
import { type MakeTrainingEngine, type TrainingEngineOptions, tfjsTrainingEngine } from '../engine.ts';
import { OnnxTrainingEngine } from './onnx-training.ts';

const onnx: MakeTrainingEngine = (network, options) => new OnnxTrainingEngine(network, options, { threads: 1 });

const PROMPTS = ['polyp left', 'polyp top right left polyp top right bottom', 'left', 'polyp left'];

/** The images of the given rows; what a row holds depends on nothing else. */
function batch(rows: readonly number[], dropout = 0): MicroBatch {
  const joined = (name: string, size: number) =>
    Float32Array.from(rows.flatMap((row) => [...randomNormal(keyOf(name, row), size)]));
  const keys = rows.map((row) => ({ image: row, sample: 0 }));
  const prompts = tokenBatch(rows.map((row) => tokenizer.encode(PROMPTS[row] as string)));
  return {
    image: tf.tensor4d(joined('image', 768), [rows.length, 16, 16, 3]),
    mask: tf.tensor3d(
      joined('mask', 256).map((x) => (x > 0 ? 1 : 0)),
      [rows.length, 16, 16],
    ),
    prompts: dropout > 0 ? { ...prompts, dropout: counterDropout(dropout, 3, keys) } : prompts,
    noise: counterNoise(7, keys),
  };
}
const drop = ({ image, mask, prompts }: MicroBatch) => tf.dispose([image, mask, prompts.ids]);

/** Joint relative error of gradients, in the Euclidean norm. */
function relativeError(actual: ReadonlyMap<string, Float32Array>, expected: ReadonlyMap<string, Float32Array>): number {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  let [error, norm] = [0, 0];
  for (const [name, values] of expected)
    values.forEach((value, i) => {
      error += ((actual.get(name)?.[i] ?? Number.NaN) - value) ** 2;
      norm += value ** 2;
    });
  return Math.sqrt(error / norm);
}

const bert: ModelConfig = {
  ...config,
  text: { ...config.text, kind: 'bert', positions: 16, projectionWidth: 7 },
  adapters: { ...config.adapters, layers: [2, 1], maskPadding: true },
};
const stem: ModelConfig = { ...config, vision: { ...config.vision, stem: [5], activation: 'gelu' } };

type Case = [string, ModelConfig, RegExp, { parts: number[][]; dropout?: number; options: TrainingEngineOptions }];

const whole = [[0, 1, 2]];
const cases: Case[] = [
  ['skips, parts', withSkips, TRAINABLE_PARAMETERS, { parts: [[1, 2], [0]], options: {} }],
  ['adapters and decoder, a whole batch', config, TRAINABLE_PARAMETERS, { parts: whole, options: {} }],
  [
    'adapters and decoder, parts, recomputed',
    config,
    TRAINABLE_PARAMETERS,
    { parts: [[1, 2], [0]], options: { recompute: true, loss: { targets: 'paper', diceWeight: 0.3 } } },
  ],
  ['everything, a whole batch', stem, /./, { parts: whole, options: { loss: { dice: 'region' } } }],
  ['everything, skips included, recomputed', withSkips, /./, { parts: whole, options: { recompute: true } }],
  ['everything, parts', config, /./, { parts: [[0, 3], [1, 2], [1]], options: { loss: { contrastiveWeight: 0.3 } } }],
  [
    'adapters on BERT with dropout, parts',
    bert,
    TRAINABLE_PARAMETERS,
    { parts: [[0, 1], [2]], dropout: 0.2, options: {} },
  ],
  ['BERT with dropout, recomputed', bert, /./, { parts: whole, dropout: 0.2, options: { recompute: true } }],
];

const ablated = (adapters: Partial<ModelConfig['adapters']>): ModelConfig => ({
  ...config,
  adapters: { ...config.adapters, ...adapters },
});

cases.push(
  [
    'no adapters, hard targets',
    ablated({ layers: [] }),
    TRAINABLE_PARAMETERS,
    { parts: whole, options: { loss: { targets: 'hard' } } },
  ],
  [
    'no gating, one direction, recomputed',
    ablated({ without: ['gating', 'bidirectional'] }),
    TRAINABLE_PARAMETERS,
    { parts: whole, options: { recompute: true } },
  ],
  [
    'no probabilities, no image side, parts',
    ablated({ without: ['probabilities', 'visual'] }),
    TRAINABLE_PARAMETERS,
    { parts: [[1, 2], [0]], options: { loss: { targets: 'hard' } } },
  ],
  [
    'no text side, unimodal',
    ablated({ without: ['textual', 'crossmodal'] }),
    TRAINABLE_PARAMETERS,
    { parts: whole, options: {} },
  ],
);

suiteOn('steps in ONNX Runtime', 'wasm', () => {
  it.each(cases)('%s: loss, gradients and evaluation are those of TensorFlow.js', async (_, variant, pattern, step) => {
    const run = async (make: MakeTrainingEngine) => {
      const network: Network = { config: variant, parameters: trainable(initializeModel(variant, 1), pattern) };
      const engine = make(network, step.options);
      const batches = step.parts.map((rows) => batch(rows, step.dropout));
      const evaluation = await engine.evaluate(batches[0] as MicroBatch);
      const { loss, gradients: read, discard } = await engine.differentiate(batches);
      const gradients = await read();
      discard();
      await engine.dispose();
      for (const part of batches) drop(part);
      disposeParameters(network.parameters);
      return { loss, gradients, evaluation };
    };
    const [expected, actual] = [await run(tfjsTrainingEngine), await run(onnx)];
    for (const term of ['total', 'dice', 'crossEntropy', 'contrastive'] as const)
      expect(Math.abs(actual.loss[term] - expected.loss[term]), term).toBeLessThan(1e-5 * expected.loss[term]);
    expect(relativeError(actual.gradients, expected.gradients)).toBeLessThan(1e-5);
    expect(actual.evaluation.loss).toBeCloseTo(expected.evaluation.loss, 5);
    const logits = [actual, expected].map(({ evaluation }) => new Map([['logits', evaluation.logits]]));
    expect(relativeError(...(logits as [Map<string, Float32Array>, Map<string, Float32Array>]))).toBeLessThan(1e-5);
  });

  it('refuse gradients of an earlier batch, whose memory is used again', async () => {
    const network: Network = { config, parameters: trainable(initializeModel(config, 1), /./) };
    const engine = onnx(network, {});
    const part = batch([0, 1]);
    const first = await engine.differentiate([part]);
    const second = await engine.differentiate([part]);
    expect(() => first.apply({ learningRate: 0.01 })).toThrow(/gradients: expected those of the last batch/);
    await expect(first.gradients()).rejects.toThrow(/gradients: expected those of the last batch/);
    second.apply({ learningRate: 0.01 });
    await engine.dispose();
    drop(part);
    disposeParameters(network.parameters);
  });

  it('start from the current values of the parameters, even if other code has set them', async () => {
    const losses = async (make: MakeTrainingEngine) => {
      const network: Network = { config, parameters: trainable(initializeModel(config, 1), /./) };
      const engine = make(network, {});
      const part = batch([0, 1, 2]);
      const totals: number[] = [];
      for (let step = 0; step < 4; step++) {
        const { loss, apply } = await engine.differentiate([part]);
        totals.push(loss.total);
        apply({ learningRate: 0.01, clipNorm: 1 });
        if (step === 1)
          for (const variable of variablesOf(network.parameters).values())
            tf.tidy(() => variable.assign(tf.mul(variable, 0.5)));
      }
      await engine.dispose();
      drop(part);
      disposeParameters(network.parameters);
      return totals;
    };
    const [expected, actual] = [await losses(tfjsTrainingEngine), await losses(onnx)];
    expect(new Set(expected).size).toBe(4);
    for (const [step, loss] of expected.entries()) expect(actual[step]).toBeCloseTo(loss, 4);
  });
});

for (const backend of ['cpu', 'wasm'] as const)
  suiteOn('a step in ONNX Runtime', backend, () => {
    it('leaves what was read of gradients and parameters before as it was', async () => {
      const network: Network = { config, parameters: trainable(initializeModel(config, 1), /./) };
      const engine = onnx(network, {});
      const part = batch([0, 1, 2]);
      const [variable] = variablesOf(network.parameters).values() as unknown as [tf.Variable];
      const seen: { readonly tensor: tf.Tensor; readonly values: number[] }[] = [];
      for (let step = 0; step < 3; step++) {
        const { gradients, apply } = await engine.differentiate([part]);
        const [[, first]] = (await gradients()) as unknown as [[string, Float32Array]];
        const before = first.slice();
        apply({ learningRate: 0.01, clipNorm: 1e-3 });
        expect(first).toEqual(before);
        const tensor = tf.clone(variable);
        seen.push({ tensor, values: [...(await tensor.data())] });
      }
      expect(seen[0]?.values).not.toEqual(seen[1]?.values);
      for (const { tensor, values } of seen) expect([...tensor.dataSync()]).toEqual(values);
      tf.dispose(seen.map(({ tensor }) => tensor));
      await engine.dispose();
      drop(part);
      disposeParameters(network.parameters);
    });
  });

// One training step: its time relative to a forward pass, and its memory with and without recomputation.
import { tokenBatch } from '@medclipseg/clip-encoders';
import { counterNoise, disposeParameters, initialize, trainable, variablesOf } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig, ModelParameters } from 'medclipseg';
import {
  encodePrefix,
  lossAndGradients,
  modelSpec,
  predictLogits,
  TRAINABLE_PARAMETERS,
  trunk,
} from 'medclipseg/internal';
import { milliseconds } from './measure.ts';
import { full, small } from './models.ts';
import type { Result } from './result.ts';

interface Case {
  readonly name: string;
  readonly config: ModelConfig;
  readonly batch: number;
  /** Names of the trained parameters. */
  readonly trained: RegExp;
}

const CASES: readonly Case[] = [
  { name: 'small, 8 images, all parameters', config: small, batch: 8, trained: /./ },
  { name: 'ViT-B/16, 2 images, encoders frozen', config: full, batch: 2, trained: TRAINABLE_PARAMETERS },
];

/** Measures one case after the other, so that only one model is in memory. */
export async function training(backend: string): Promise<Result[]> {
  const results: Result[] = [];
  for (const each of CASES) results.push(...(await measureCase(each, backend)));
  return results;
}

async function measureCase({ name, config, batch, trained }: Case, backend: string): Promise<Result[]> {
  const parameters = trainable(initialize(modelSpec(config), 1) as unknown as ModelParameters, trained);
  const network = { config, parameters };
  const variables = variablesOf(parameters);
  const { imageSize } = config.vision;
  const image = tf.randomNormal([batch, imageSize, imageSize, 3]);
  const mask = tf.tidy(() => tf.cast(tf.greater(tf.randomNormal([batch, imageSize, imageSize]), 0), 'float32'));
  const prompt = (row: number) =>
    Int32Array.from({ length: config.text.context }, (_, i) => (i < 20 ? i + row + 1 : 0));
  const prompts = tokenBatch(Array.from({ length: batch }, (_, row) => prompt(row)));
  const noise = counterNoise(
    1,
    Array.from({ length: batch }, (_, row) => ({ image: row, sample: 0 })),
  );
  const step = async (recompute: boolean) => {
    const { gradients } = await lossAndGradients(network, { image, mask, prompts }, variables, { noise, recompute });
    tf.dispose([...gradients.values()]);
  };
  const seconds = async (recompute: boolean) => {
    const start = performance.now();
    await step(recompute);
    return (performance.now() - start) / 1000;
  };
  /** Peak memory of a step in MiB, without the tensors that existed before. */
  const peak = async (recompute: boolean) => {
    const before = tf.memory().numBytes;
    const { peakBytes } = await tf.profile(() => step(recompute) as never);
    return (peakBytes - before) / 2 ** 20;
  };
  const [plainPeak, leanPeak] = [await peak(false), await peak(true)];
  const forward =
    (await milliseconds(() =>
      predictLogits(network, trunk(network, encodePrefix(network, image, prompts), prompts, { noise })),
    )) / 1000;
  const [plain, lean] = [await seconds(false), await seconds(true)];
  tf.dispose([image, mask, prompts.ids]);
  disposeParameters(parameters);
  return [
    {
      suite: `training (${backend})`,
      name,
      value: plain / forward,
      unit: 'time of a step / forward pass',
      detail: { 'step s': plain, 'forward s': forward },
    },
    {
      suite: `training (${backend})`,
      name: `${name}: recomputed`,
      value: leanPeak / plainPeak,
      unit: 'peak memory, recomputed / stored',
      bound: { atMost: 0.5 },
      detail: {
        MiB: Math.round(leanPeak),
        'stored MiB': Math.round(plainPeak),
        'time, recomputed / stored': lean / plain,
      },
    },
  ];
}

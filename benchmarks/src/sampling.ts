// Time of a Monte-Carlo sample when samples are folded into one batch, relative to one sample at a time.
import { tokenBatch } from '@medclipseg/clip-encoders';
import { counterNoise, disposeParameters, freeze, initialize } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig, ModelParameters } from 'medclipseg';
import { encodePrefix, modelSpec, predictLogits, trunk } from 'medclipseg/internal';
import { alternately } from './measure.ts';
import { full, small } from './models.ts';
import type { Result } from './result.ts';

/** Milliseconds per sample, one at a time and folded, from the first adapter on. */
async function perSample(config: ModelConfig, fold: number): Promise<readonly [number, number]> {
  const parameters = freeze(initialize(modelSpec(config), 1)) as unknown as ModelParameters;
  const network = { config, parameters };
  const { imageSize } = config.vision;
  const image = tf.randomNormal([1, imageSize, imageSize, 3]);
  const prompts = tokenBatch([Int32Array.from({ length: config.text.context }, (_, i) => (i < 20 ? i + 1 : 0))]);
  const start = tf.tidy(() => encodePrefix(network, image, prompts));
  const rows = Array.from({ length: fold }, (_, sample) => ({ image: 0, sample }));
  const work = (samples: number) => () =>
    predictLogits(network, trunk(network, start, prompts, { noise: counterNoise(1, rows.slice(0, samples)), samples }));
  const [folded, alone] = await alternately(work(fold), work(1), { rounds: 3, seconds: 2 });
  tf.dispose([image, prompts.ids, start.image, start.text]);
  disposeParameters(parameters);
  return [alone, folded / fold];
}

export async function sampling(backend: string): Promise<Result[]> {
  const results: Result[] = [];
  for (const [name, config, fold] of [
    ['small, 16 folded', small, 16],
    ['ViT-B/16, 4 folded', full, 4],
  ] as const) {
    const [alone, folded] = await perSample(config, fold);
    results.push({
      suite: `sampling (${backend})`,
      name,
      value: folded / alone,
      unit: 'time per sample, folded / single',
      detail: { 'ms folded': folded, 'ms single': alone },
    });
  }
  return results;
}

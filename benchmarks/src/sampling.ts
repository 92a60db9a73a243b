// What a Monte-Carlo sample costs folded with others, beside one by one.
import { counterNoise, disposeParameters, freeze, initialize } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { logitsOf, type ModelConfig, type ModelParameters, modelSpec, prefix, tokenBatch, trunk } from 'medclipseg';
import { inTurns } from './measure.ts';
import { full, small } from './models.ts';
import type { Result } from './result.ts';

/** Milliseconds of a sample, one by one and folded, measured in turns on the tokens below the first adapter. */
async function perSample(config: ModelConfig, fold: number): Promise<readonly [number, number]> {
  const parameters = freeze(initialize(modelSpec(config), 1)) as unknown as ModelParameters;
  const network = { config, parameters };
  const { imageSize } = config.vision;
  const image = tf.randomNormal([1, imageSize, imageSize, 3]);
  const prompts = tokenBatch([Int32Array.from({ length: config.text.context }, (_, i) => (i < 20 ? i + 1 : 0))]);
  const start = tf.tidy(() => prefix(network, image, prompts));
  const rows = Array.from({ length: fold }, (_, sample) => ({ image: 0, sample }));
  const work = (samples: number) => () =>
    logitsOf(network, trunk(network, start, prompts, { noise: counterNoise(1, rows.slice(0, samples)), samples }));
  const [folded, alone] = await inTurns(work(fold), work(1), { rounds: 3, seconds: 2 });
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
      unit: 'time of a sample by itself',
      detail: { 'ms a sample': folded, 'ms by itself': alone },
    });
  }
  return results;
}

// Computes the network with TensorFlow.js, on its current backend.
import { batchBudget } from '@medclipseg/backends';
import { type TokenBatch, tokenBatch } from '@medclipseg/clip-encoders';
import { type Noise, noNoise } from '@medclipseg/nn';
import { nextTask } from '@medclipseg/nn/internal';
import * as tf from '@tensorflow/tfjs-core';
import {
  encodeFeatures,
  encodePrefix,
  type Network,
  predictLogits,
  type Tokens,
  type TrunkOptions,
  tensorsOf,
  trunkBlock,
  trunkEnd,
} from '../network.ts';
import { type Engine, type EngineInput, foldWithin, type SampleNoise, type Start } from './engine.ts';

/** Disposes tokens, except for tensors that belong to other tokens as well. */
function disposeTokens(tokens: Tokens, ...others: readonly Tokens[]): void {
  const kept = new Set(others.flatMap(tensorsOf));
  for (const tensor of tensorsOf(tokens)) if (!kept.has(tensor)) tensor.dispose();
}

/** The tokens after the trunk. Other tasks run between its blocks, so that it can be canceled within seconds on every backend. */
async function trunkTokens(
  network: Network,
  start: Tokens,
  prompts: TokenBatch,
  options: TrunkOptions,
  signal: AbortSignal | undefined,
): Promise<Tokens> {
  let tokens = start;
  try {
    while (tokens.block < trunkEnd(network.config)) {
      const before = tokens;
      tokens = tf.tidy(() => trunkBlock(network, before, prompts, options));
      disposeTokens(before, start, tokens);
      await nextTask();
      signal?.throwIfAborted();
    }
  } catch (error) {
    disposeTokens(tokens, start);
    throw error;
  }
  return tokens;
}

class TfjsStart implements Start {
  constructor(
    readonly network: Network,
    readonly tokens: Tokens,
    readonly prompts: TokenBatch,
  ) {}

  async sample(samples: number, drawn?: SampleNoise, signal?: AbortSignal): Promise<Float32Array> {
    const { network, tokens, prompts } = this;
    const noise: Noise = drawn
      ? { draw: (site, shape) => tf.tensor(drawn(site, tf.util.sizeFromShape(shape.slice(1))), [...shape]) }
      : noNoise;
    const end = await trunkTokens(network, tokens, prompts, { noise, samples }, signal);
    let probability: tf.Tensor;
    try {
      probability = tf.tidy(() => tf.sigmoid(predictLogits(network, encodeFeatures(network, end, prompts))));
    } finally {
      disposeTokens(end, tokens);
    }
    try {
      return (await probability.data()) as Float32Array;
    } finally {
      probability.dispose();
    }
  }

  dispose(): void {
    tf.dispose([...tensorsOf(this.tokens), this.prompts.ids]);
  }
}

/** @param network on the current backend; the caller disposes it */
export function tfjsEngine(network: Network): Engine {
  const { config } = network;
  return {
    kind: 'tfjs',
    queues: false,
    config,
    fold: (images) => foldWithin(batchBudget(), config, images),
    async start({ pixels, tokens, trim }: EngineInput) {
      const prompts = tokenBatch(tokens, { trim });
      try {
        const size = config.vision.imageSize;
        const prefix = tf.tidy(() =>
          encodePrefix(network, tf.tensor4d(pixels, [tokens.length, size, size, 3]), prompts),
        );
        return new TfjsStart(network, prefix, prompts);
      } catch (error) {
        prompts.ids.dispose();
        throw error;
      }
    },
    async dispose() {},
  };
}

// The cost of a published model: counted multiply-adds of our forward passes, and those of the reference by its definition.
import { families, tokenBatch } from '@medclipseg/clip-encoders';
import { freeze, type ParameterSpec } from '@medclipseg/nn';
import { countMultiplyAdds } from '@medclipseg/nn/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig, ModelParameters } from 'medclipseg';
import { encodePrefix, modelSpec, predictLogits, trunk } from 'medclipseg/internal';
import { publishedParts, vitB16 } from './published-sizes.ts';

/** `unimedclip` at its published size; the vocabulary is small because it affects only memory. */
export const publishedConfig: ModelConfig = {
  vision: { ...families.unimedclip.vision, ...vitB16 },
  text: {
    kind: 'bert',
    vocabulary: 100,
    context: 256,
    width: 768,
    layers: 12,
    heads: 12,
    mlpWidth: 3072,
    outputs: 512,
    positions: 512,
    projectionWidth: 640,
  },
  ...publishedParts,
  preprocessing: families.unimedclip.preprocessing,
};

/**
 * Multiply-adds of one forward pass of the reference for one image, derived from the sizes: every token passes every block, all text tokens
 * pass the projection (BERT's text tower, patch embedding without a stem).
 */
export function referenceForward({ vision, text, adapters, upscaleBlocks }: ModelConfig): number {
  const side = vision.imageSize / vision.patch;
  const [image, words] = [side * side + 1, text.context];
  const { width: a } = adapters;
  const block = (tokens: number, seen: number, width: number, mlp: number) =>
    tokens * (4 * width * width + 2 * width * mlp + 2 * seen * width);
  const cross = (queries: number, context: number) =>
    queries * 2 * a * a + context * 4 * a * a + 3 * queries * context * a;
  const adapter = 2 * a * (image * vision.width + words * text.width) + cross(image, words) + cross(words, image);
  const upscale = Array.from(
    { length: upscaleBlocks },
    (_, i) => (side * 2 ** i) ** 2 * (4 * vision.outputs ** 2 + 36 * vision.outputs),
  );
  const map = side * 2 ** upscaleBlocks;
  const hidden = text.projectionWidth as number;
  return (
    side * side * vision.patch ** 2 * 3 * vision.width +
    vision.layers * block(image, image, vision.width, vision.mlpWidth) +
    image * vision.width * vision.outputs +
    text.layers * block(words, words, text.width, text.mlpWidth) +
    words * hidden * (text.width + text.outputs) +
    adapters.layers.length * adapter +
    upscale.reduce((sum, n) => sum + n, 0) +
    3 * vision.outputs ** 2 +
    map * map * vision.outputs +
    vision.imageSize * map * (map + vision.imageSize)
  );
}

/** Parameters of zeros that share one tensor per shape; the count does not depend on values. */
function zeros(config: ModelConfig): { parameters: ModelParameters; dispose(): void } {
  const byShape = new Map<string, tf.Tensor>();
  const build = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(build);
    const entry = node as Record<string, unknown>;
    if (!('init' in entry)) return Object.fromEntries(Object.entries(entry).map(([key, child]) => [key, build(child)]));
    const { shape } = entry as unknown as ParameterSpec;
    const tensor = byShape.get(`${shape}`) ?? tf.zeros([...shape]);
    byShape.set(`${shape}`, tensor);
    return tensor;
  };
  const parameters = freeze(build(modelSpec(config)) as ModelParameters);
  return { parameters, dispose: () => tf.dispose([...byShape.values()]) };
}

export interface Cost {
  /** Once per image, whatever the number of samples. */
  readonly shared: number;
  readonly perSample: number;
  /** For `samples` samples. */
  readonly total: number;
  /** The reference's passes for the same number of samples, including the one that it discards. */
  readonly reference: number;
  readonly ratio: number;
}

/**
 * Multiply-adds of one image with one prompt, counted by running two passes on the current backend.
 *
 * @param tokens real tokens of the prompt, start and end included
 */
export function sampleCost(config: ModelConfig, { tokens, samples = 30 }: { tokens: number; samples?: number }): Cost {
  const { parameters, dispose } = zeros(config);
  const network = { config, parameters };
  const prompt = new Int32Array(config.text.context);
  prompt.fill(1, 0, tokens);
  const prompts = tokenBatch([prompt]);
  const image = tf.zeros([1, config.vision.imageSize, config.vision.imageSize, 3]);
  const cost = (folded: number): number =>
    countMultiplyAdds(() =>
      tf.tidy(() => {
        const start = encodePrefix(network, image, prompts);
        const noise = { draw: (_: unknown, shape: readonly number[]) => tf.zeros([...shape]) };
        predictLogits(network, trunk(network, start, prompts, { noise, samples: folded }));
      }),
    ).multiplyAdds;
  // Samples are rows of the batch, so the cost is linear in their number.
  const [one, two] = [cost(1), cost(2)];
  tf.dispose([prompts.ids, image]);
  dispose();
  const perSample = two - one;
  const total = one + (samples - 1) * perSample;
  const reference = (samples + 1) * referenceForward(config);
  return { shared: one - perSample, perSample, total, reference, ratio: total / reference };
}

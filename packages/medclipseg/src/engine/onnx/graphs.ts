// The network as two ONNX graphs: what no noise reaches, and the samples. Traced from the functions that TensorFlow.js runs.
import type { TokenBatch } from '@medclipseg/clip-encoders';
import { flatten } from '@medclipseg/nn';
import type { NoiseSite } from '@medclipseg/nn/internal';
import { fusePatterns, type Graph, type InputDescription, trace } from '@medclipseg/onnx';
import * as tf from '@tensorflow/tfjs-core';
import { encodePrefix, firstBlock, type Network, predictLogits, tensorsOf, tokensOf, trunk } from '../../network.ts';

/** Images and their prompts to the tokens of both encoders before the first adapter. */
export interface PrefixGraph {
  /**
   * Inputs `image` [B, size, size, 3] and `token_ids` [B, T]; outputs `image_tokens` [B, Tv, Cv], `text_tokens` [B, T, Ct] and, for the decoder's
   * skips, `stem_0`, `stem_1`, … [B, side, side, C].
   */
  readonly graph: Graph;
}

/** Noise that a graph takes as an input: standard normal, [S·B, tokens, width], sample by sample. */
export interface NoiseInput extends NoiseSite {
  readonly name: string;
  readonly tokens: number;
  readonly width: number;
}

/** Tokens and noise to probabilities. */
export interface SampleGraph {
  /**
   * Inputs: the outputs of the prefix, `token_ids`, `token_positions` if asked for, and those of `noise`; output `probability` [S·B, size, size], and if asked for, `logits` of that
   * shape, `patch_features` [S·B, patches, C] and `text_features` [S·B, C].
   */
  readonly graph: Graph;
  /** In the order in which the network asks for it. All zero gives the mean network. */
  readonly noise: readonly NoiseInput[];
}

export interface SampleGraphOptions {
  /** Tokens per prompt, padding included. Default: the whole context. */
  readonly length?: number;
  /**
   * Adds the input `token_positions`, int32: 0, 1, 2, … up to the last position that is a token in any prompt. Padding is then left out where
   * it has no effect, which does not change the result.
   */
  readonly positions?: boolean;
  /** Also gives logits and features. */
  readonly features?: boolean;
}

const tokenName = (i: number): string => ['image_tokens', 'text_tokens'][i] ?? `stem_${i - 2}`;

const BATCH = 'batch';
const SAMPLES = 'samples';
const USED = 'used';

/** `imageFromText` of adapter 0: `noise_0_image_from_text`. */
const noiseName = ({ adapter, direction }: NoiseSite): string =>
  `noise_${adapter}_${direction.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;

/** Which positions are padding is known only when the graph runs: without `positions`, every position counts as a token. */
const promptsOf = (ids: tf.Tensor, positions?: tf.Tensor): TokenBatch => ({
  ids,
  used: ids.shape[1] as number,
  ...(positions && { positions: positions as tf.Tensor1D }),
});

const tokenIds = (length: number): InputDescription => ({ shape: [BATCH, length], dtype: 'int32' });

const traced = (network: Network, ...[fn, inputs]: Parameters<typeof trace>): Graph => {
  const graph = trace(fn, inputs, { parameters: flatten(network.parameters), dimensions: [SAMPLES] });
  fusePatterns(graph);
  return graph;
};

/** @param length tokens per prompt, padding included */
export function prefixGraph(network: Network, length = network.config.text.context): PrefixGraph {
  const { imageSize } = network.config.vision;
  const graph = traced(
    network,
    ({ image, token_ids }) => {
      const tokens = tensorsOf(encodePrefix(network, image as tf.Tensor, promptsOf(token_ids as tf.Tensor)));
      return Object.fromEntries(tokens.map((tensor, i) => [tokenName(i), tensor]));
    },
    { image: { shape: [BATCH, imageSize, imageSize, 3] }, token_ids: tokenIds(length) },
  );
  return { graph };
}

/** @param prefix traced with the same network and length, whose outputs are the inputs here */
export function sampleGraph(
  network: Network,
  prefix: PrefixGraph,
  { length = network.config.text.context, positions = false, features: withFeatures = false }: SampleGraphOptions = {},
): SampleGraph {
  const noise: NoiseInput[] = [];
  const tokens = prefix.graph.outputs.map(({ name, value: { shape } }) => [
    name,
    { shape: [BATCH, ...shape.slice(1)] },
  ]);
  const graph = traced(
    network,
    ({ token_ids, token_positions, ...start }, declare, { [SAMPLES]: samples }) => {
      const tensors = tokens.map((_, i) => start[tokenName(i)] as tf.Tensor);
      const prompts = promptsOf(token_ids as tf.Tensor, token_positions);
      const features = trunk(network, tokensOf(tensors, firstBlock(network.config)), prompts, {
        samples,
        noise: {
          draw(site, shape) {
            const name = noiseName(site);
            const [, tokens, width] = shape as [number, number, number];
            // The graph is traced twice, to find sizes that it would fix.
            if (!noise.some((known) => known.name === name)) noise.push({ ...site, name, tokens, width });
            return declare(name, shape);
          },
        },
      });
      const logits = predictLogits(network, features);
      return {
        probability: tf.sigmoid(logits),
        ...(withFeatures && { logits, patch_features: features.patches, text_features: features.text }),
      };
    },
    {
      ...Object.fromEntries(tokens),
      token_ids: tokenIds(length),
      ...(positions && { token_positions: { shape: [USED], dtype: 'int32' } }),
    },
  );
  return { graph, noise };
}

// The image tower of every CLIP family, in steps: embed, blocks, features. A caller may act on the tokens between any two.
import {
  type ActivationName,
  type AttentionParameters,
  activations,
  attentionSpec,
  type LinearParameters,
  layerNorm,
  linear,
  linearSpec,
  type NormParameters,
  normal,
  normSpec,
  type ParameterSpec,
  patchEmbedding,
  selfAttention,
} from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { type StemParameters, stem, stemSpec } from './stem.ts';

export interface VisionConfig {
  /** Side of the square input in pixels. */
  readonly imageSize: number;
  /** Pixels per token, each way. */
  readonly patch: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Width of the hidden layer of the MLPs. */
  readonly mlpWidth: number;
  /** Width of the shared image-text space. */
  readonly outputs: number;
  readonly activation: ActivationName;
  readonly epsilon: number;
  readonly patchBias: boolean;
  /** Layer norm after the position embedding. */
  readonly preNorm: boolean;
  /**
   * Where dense features come from: `tokens` of the last block, or its `value` path, `W_o(W_v·LN₁(x))` of its input, without attention,
   * residual or MLP (MaskCLIP's reading of CLIP).
   */
  readonly dense: 'tokens' | 'value';
  /** Widths of a convolutional stem in place of the patch embedding; the first stage is at stride 4, each later one halves. */
  readonly stem?: readonly number[];
}

export interface VisionBlockParameters {
  readonly norm1: NormParameters;
  readonly attention: AttentionParameters;
  readonly norm2: NormParameters;
  readonly mlp: { readonly up: LinearParameters; readonly down: LinearParameters };
}

export interface VisionParameters {
  readonly stem?: StemParameters;
  readonly patch: LinearParameters;
  readonly classToken: tf.Tensor; // [C]
  readonly positions: tf.Tensor; // [1 + patches, C]
  readonly preNorm?: NormParameters;
  readonly blocks: readonly VisionBlockParameters[];
  readonly postNorm: NormParameters;
  readonly projection: { readonly weight: tf.Tensor }; // [C, outputs]
}

/** A pre-norm transformer block, as both CLIP towers have it. */
export const blockSpec = (width: number, mlpWidth: number) => ({
  norm1: normSpec(width),
  attention: attentionSpec(width),
  norm2: normSpec(width),
  mlp: { up: linearSpec(width, mlpWidth), down: linearSpec(mlpWidth, width) },
});

/** Number of image tokens, the class token included. */
export const visionTokens = ({ imageSize, patch }: Pick<VisionConfig, 'imageSize' | 'patch'>): number =>
  (imageSize / patch) ** 2 + 1;

export function visionSpec(config: VisionConfig) {
  const { width, patch, layers, mlpWidth, outputs } = config;
  const channels = config.stem?.at(-1) ?? 3;
  const stride = config.stem ? 2 : patch;
  const projection: { weight: ParameterSpec } = {
    weight: { shape: [width, outputs], init: normal(width ** -0.5) },
  };
  return {
    ...(config.stem && { stem: stemSpec(config.stem) }),
    patch: linearSpec(stride * stride * channels, width, { bias: config.patchBias as true }),
    classToken: { shape: [width], init: normal(width ** -0.5) } as ParameterSpec,
    positions: { shape: [visionTokens(config), width], init: normal(0.02) } as ParameterSpec,
    ...(config.preNorm && { preNorm: normSpec(width) }),
    blocks: Array.from({ length: layers }, () => blockSpec(width, mlpWidth)),
    postNorm: normSpec(width),
    projection,
  };
}

/**
 * Patches, class token and positions.
 *
 * @param image [B, H, W, 3], normalised
 * @returns tokens [B, 1 + patches, C]
 */
export function embedImage(parameters: VisionParameters, image: tf.Tensor, config: VisionConfig): tf.Tensor {
  const { width, epsilon } = config;
  const batch = image.shape[0] as number;
  const grid = parameters.stem
    ? patchEmbedding(stem(parameters.stem, image), parameters.patch, 2)
    : patchEmbedding(image, parameters.patch, config.patch);
  const first = tf.tile(tf.reshape(parameters.classToken, [1, 1, width]), [batch, 1, 1]);
  const tokens = tf.add(tf.concat([first, tf.reshape(grid, [batch, -1, width])], 1), parameters.positions);
  return parameters.preNorm ? layerNorm(tokens, parameters.preNorm, epsilon) : tokens;
}

/** A pre-norm transformer block, [B, T, C] → [B, T, C]. */
export function transformerBlock(
  { norm1, attention, norm2, mlp }: VisionBlockParameters,
  tokens: tf.Tensor,
  options: { heads: number; epsilon: number; activation: ActivationName; mask?: tf.Tensor },
): tf.Tensor {
  const mixed = tf.add(tokens, selfAttention(layerNorm(tokens, norm1, options.epsilon), attention, options));
  const hidden = activations[options.activation](linear(layerNorm(mixed, norm2, options.epsilon), mlp.up));
  return tf.add(mixed, linear(hidden, mlp.down));
}

/** Block `index` of the tower. The last one belongs to {@link imageFeatures}, which may need only a part of it. */
export const imageBlock = (
  parameters: VisionParameters,
  index: number,
  tokens: tf.Tensor,
  config: VisionConfig,
): tf.Tensor => transformerBlock(parameters.blocks[index] as VisionBlockParameters, tokens, config);

/**
 * Dense features from the tokens that enter the last block.
 *
 * @param tokens [B, 1 + patches, C]
 * @returns [B, patches, outputs], not normalised
 */
export function imageFeatures(parameters: VisionParameters, tokens: tf.Tensor, config: VisionConfig): tf.Tensor {
  const [batch, length] = tokens.shape as [number, number];
  const last = parameters.blocks[config.layers - 1] as VisionBlockParameters;
  const patches = (x: tf.Tensor) => tf.slice(x, [0, 1, 0], [batch, length - 1, config.width]);
  const dense =
    config.dense === 'tokens'
      ? patches(transformerBlock(last, tokens, config))
      : linear(
          linear(layerNorm(patches(tokens), last.norm1, config.epsilon), last.attention.value),
          last.attention.output,
        );
  return linear(layerNorm(dense, parameters.postNorm, config.epsilon), parameters.projection);
}

// The image tower of every CLIP family, in steps: embed, blocks, features. A caller may act on the tokens between any two.
import {
  type ActivationName,
  type ConvolutionParameters,
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
import { type BlockParameters, blockSpec, transformerBlock } from './block.ts';
import {
  convolutions,
  convolutionsSpec,
  convolutionsStride,
  type StemConvolution,
  type StemParameters,
  stem,
  stemSpec,
} from './stem.ts';

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
  /** Plain 3x3 convolutions before the patch embedding, which takes what is left of `patch`. */
  readonly convolutions?: readonly StemConvolution[];
}

export interface VisionParameters {
  readonly stem?: StemParameters;
  readonly convolutions?: readonly ConvolutionParameters[];
  readonly patch: LinearParameters;
  readonly classToken: tf.Tensor; // [C]
  readonly positions: tf.Tensor; // [1 + patches, C]
  readonly preNorm?: NormParameters;
  readonly blocks: readonly BlockParameters[];
  readonly postNorm: NormParameters;
  readonly projection: { readonly weight: tf.Tensor }; // [C, outputs]
}

/** Number of image tokens, the class token included. */
export const visionTokens = ({ imageSize, patch }: Pick<VisionConfig, 'imageSize' | 'patch'>): number =>
  (imageSize / patch) ** 2 + 1;

/** What the patch embedding reads: channels of the stem's map, and its pixels per token, each way. */
const patchInput = ({ patch, stem, convolutions }: VisionConfig): { channels: number; stride: number } =>
  convolutions
    ? { channels: convolutions.at(-1)?.width ?? 3, stride: patch / convolutionsStride(convolutions) }
    : { channels: stem?.at(-1) ?? 3, stride: stem ? 2 : patch };

export function visionSpec(config: VisionConfig) {
  const { width, layers, mlpWidth, outputs } = config;
  const { channels, stride } = patchInput(config);
  const projection: { weight: ParameterSpec } = {
    weight: { shape: [width, outputs], init: normal(width ** -0.5) },
  };
  return {
    ...(config.stem && { stem: stemSpec(config.stem) }),
    ...(config.convolutions && { convolutions: convolutionsSpec(config.convolutions) }),
    patch: linearSpec(stride * stride * channels, width, { bias: config.patchBias as true }),
    classToken: { shape: [width], init: normal(width ** -0.5) } as ParameterSpec,
    positions: { shape: [visionTokens(config), width], init: normal(0.02) } as ParameterSpec,
    ...(config.preNorm && { preNorm: normSpec(width) }),
    blocks: Array.from({ length: layers }, () => blockSpec(width, mlpWidth)),
    postNorm: normSpec(width),
    projection,
  };
}

/** What lies before the patch embedding. */
function mapOf(parameters: VisionParameters, image: tf.Tensor, config: VisionConfig): tf.Tensor {
  if (parameters.stem) return stem(parameters.stem, image);
  return parameters.convolutions ? convolutions(parameters.convolutions, image, config.convolutions ?? []) : image;
}

/**
 * Patches, class token and positions.
 *
 * @param image [B, H, W, 3], normalized
 * @returns tokens [B, 1 + patches, C]
 */
export function embedImage(parameters: VisionParameters, image: tf.Tensor, config: VisionConfig): tf.Tensor {
  const { width, epsilon } = config;
  const batch = image.shape[0] as number;
  const { stride } = patchInput(config);
  const grid = patchEmbedding(mapOf(parameters, image, config), parameters.patch, stride);
  const first = tf.tile(tf.reshape(parameters.classToken, [1, 1, width]), [batch, 1, 1]);
  const tokens = tf.add(tf.concat([first, tf.reshape(grid, [batch, -1, width])], 1), parameters.positions);
  return parameters.preNorm ? layerNorm(tokens, parameters.preNorm, epsilon) : tokens;
}

/** Block `index` of the tower. The last one belongs to {@link imageFeatures}, which may need only a part of it. */
export const imageBlock = (
  parameters: VisionParameters,
  index: number,
  tokens: tf.Tensor,
  { heads, epsilon, activation }: VisionConfig,
): tf.Tensor =>
  transformerBlock(parameters.blocks[index] as BlockParameters, tokens, {
    attend: (x, attention) => selfAttention(x, attention, { heads }),
    epsilon,
    activation,
  });

const project = (parameters: VisionParameters, tokens: tf.Tensor, { epsilon }: VisionConfig): tf.Tensor =>
  linear(layerNorm(tokens, parameters.postNorm, epsilon), parameters.projection);

/**
 * Dense features from the tokens that enter the last block.
 *
 * @param tokens [B, 1 + patches, C]
 * @returns [B, patches, outputs], not normalized
 */
export function imageFeatures(parameters: VisionParameters, tokens: tf.Tensor, config: VisionConfig): tf.Tensor {
  const [batch, length] = tokens.shape as [number, number];
  const last = config.layers - 1;
  const { norm1, attention } = parameters.blocks[last] as BlockParameters;
  const patches = (x: tf.Tensor) => tf.slice(x, [0, 1, 0], [batch, length - 1, config.width]);
  const dense =
    config.dense === 'tokens'
      ? patches(imageBlock(parameters, last, tokens, config))
      : linear(linear(layerNorm(patches(tokens), norm1, config.epsilon), attention.value), attention.output);
  return project(parameters, dense, config);
}

/**
 * The image's vector, CLIP's own reading: the class token behind the last block.
 *
 * @param tokens [B, 1 + patches, C], as they enter the last block
 * @returns [B, outputs], not normalized
 */
export function imageVector(parameters: VisionParameters, tokens: tf.Tensor, config: VisionConfig): tf.Tensor {
  const [batch, , width] = tokens.shape as [number, number, number];
  const out = imageBlock(parameters, config.layers - 1, tokens, config);
  const first = tf.reshape(tf.slice(out, [0, 0, 0], [batch, 1, width]), [batch, width]);
  return project(parameters, first, config);
}

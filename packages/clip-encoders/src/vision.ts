// The image encoder of every CLIP family in steps: embedding, blocks, features. A caller may change the tokens between any two steps.
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
import { InputError } from './errors.ts';
import {
  convolutionMaps,
  convolutionsSpec,
  convolutionsStride,
  type StemConvolution,
  type StemParameters,
  stemMaps,
  stemSpec,
} from './stem.ts';

export interface VisionConfig {
  /** Side of the square input in pixels. */
  readonly imageSize: number;
  /** Side of a patch in pixels. */
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
   * Source of the dense features: the `tokens` of the last block, or its `value` path `W_o(W_v·LN₁(x))`, which has no attention, residual or
   * MLP (Zhou et al., "Extract Free Dense Labels from CLIP", ECCV 2022).
   */
  readonly dense: 'tokens' | 'value';
  /** Widths of a convolutional stem before the patch embedding. The first stage has stride 4, each later one stride 2. */
  readonly stem?: readonly number[];
  /** Plain 3x3 convolutions before the patch embedding, whose stride is `patch` divided by theirs. */
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

/** Number of image tokens, including the class token. */
export const visionTokens = ({ imageSize, patch }: Pick<VisionConfig, 'imageSize' | 'patch'>): number =>
  (imageSize / patch) ** 2 + 1;

/** The patch embedding's input channels and stride. */
const patchInput = ({ patch, stem, convolutions }: VisionConfig): { channels: number; stride: number } =>
  convolutions
    ? { channels: convolutions.at(-1)?.width ?? 3, stride: patch / convolutionsStride(convolutions) }
    : { channels: stem?.at(-1) ?? 3, stride: stem ? 2 : patch };

/** A map of the stem: its channels and its side for images of the configured size. */
export interface StemMap {
  readonly channels: number;
  readonly side: number;
}

/** The maps that {@link embedWithStem} returns, in their order; none without a stem. */
export function stemMapsOf({ imageSize, stem = [], convolutions }: VisionConfig): StemMap[] {
  let side = imageSize;
  if (!convolutions)
    return stem.map((channels, i) => {
      side /= i === 0 ? 4 : 2;
      return { channels, side };
    });
  return convolutions.map(({ width, stride }) => {
    side = Math.ceil(side / stride);
    return { channels: width, side };
  });
}

/** Shapes and initial values of an image encoder's parameters. */
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

/**
 * Embeds patches, class token and positions.
 *
 * @param image [B, H, W, 3], normalized
 * @returns tokens [B, 1 + patches, C]
 * @throws InputError for images of another shape
 */
export const embedImage = (parameters: VisionParameters, image: tf.Tensor, config: VisionConfig): tf.Tensor =>
  embedWithStem(parameters, image, config).tokens;

/**
 * {@link embedImage} together with the maps of the stem, described by {@link stemMapsOf}.
 *
 * @param image [B, H, W, 3], normalized
 * @throws InputError for images of another shape
 */
export function embedWithStem(
  parameters: VisionParameters,
  image: tf.Tensor,
  config: VisionConfig,
): { readonly tokens: tf.Tensor; readonly stem: readonly tf.Tensor[] } {
  const { width, epsilon, imageSize } = config;
  const [batch = 0, ...rest] = image.shape;
  if (batch === 0 || `${rest}` !== `${[imageSize, imageSize, 3]}`)
    throw new InputError(
      'image',
      `shape [B, ${imageSize}, ${imageSize}, 3]`,
      `[${image.shape}]`,
      `Resize to ${imageSize}x${imageSize} and add a batch axis.`,
    );
  const { stride } = patchInput(config);
  const stem = parameters.stem
    ? stemMaps(parameters.stem, image)
    : convolutionMaps(parameters.convolutions ?? [], image, config.convolutions ?? []);
  const grid = patchEmbedding(stem.at(-1) ?? image, parameters.patch, stride);
  const first = tf.tile(tf.reshape(parameters.classToken, [1, 1, width]), [batch, 1, 1]);
  const tokens = tf.add(tf.concat([first, tf.reshape(grid, [batch, -1, width])], 1), parameters.positions);
  return { tokens: parameters.preNorm ? layerNorm(tokens, parameters.preNorm, epsilon) : tokens, stem };
}

/**
 * Block `index`, [B, 1 + patches, C] → the same. Leave the last block to {@link imageFeatures}, which may need only a part of it.
 *
 * @throws InputError for an index without a block
 */
export function imageBlock(
  parameters: VisionParameters,
  index: number,
  tokens: tf.Tensor,
  { heads, epsilon, activation }: VisionConfig,
): tf.Tensor {
  const block = parameters.blocks[index];
  if (!block)
    throw new InputError(
      'image block',
      `an integer from 0 to ${parameters.blocks.length - 1}`,
      `${index}`,
      'Check the number of layers.',
    );
  return transformerBlock(block, tokens, {
    attend: (x, attention) => selfAttention(x, attention, { heads }),
    epsilon,
    activation,
  });
}

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
 * The image vector: the class token after the last block.
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

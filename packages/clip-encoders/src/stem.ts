// Convolutional stems for small image encoders. They see edges across patch borders, which a plain patch embedding learns slowly.
import {
  type ConvolutionParameters,
  convolution,
  convolutionSpec,
  type DepthwiseParameters,
  depthwise,
  depthwiseSpec,
  gelu,
  type LinearParameters,
  layerNorm,
  linear,
  linearSpec,
  type NormParameters,
  normSpec,
  patchEmbedding,
} from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';

interface StageParameters {
  /** Non-overlapping convolution that reduces the map: 4x4 in the first stage, 2x2 in later ones. */
  readonly shrink: LinearParameters;
  readonly shrinkNorm: NormParameters;
  readonly depthwise: DepthwiseParameters;
  readonly norm: NormParameters;
  readonly up: LinearParameters;
  readonly down: LinearParameters;
}

export type StemParameters = readonly StageParameters[];

/** Stages as in Liu et al., "A ConvNet for the 2020s" (ConvNeXt, CVPR 2022). */
export const stemSpec = (widths: readonly number[]) =>
  widths.map((width, i) => ({
    shrink: linearSpec(i === 0 ? 4 * 4 * 3 : 2 * 2 * (widths[i - 1] as number), width),
    shrinkNorm: normSpec(width),
    depthwise: depthwiseSpec(width),
    norm: normSpec(width),
    up: linearSpec(width, 2 * width),
    down: linearSpec(2 * width, width),
  }));

/** The output of every stage, [B, H, W, 3] → [B, H/s, W/s, C] with s = 4·2^i. */
export function stemMaps(stages: StemParameters, image: tf.Tensor): tf.Tensor[] {
  const maps: tf.Tensor[] = [];
  for (const [i, stage] of stages.entries()) {
    const small = layerNorm(patchEmbedding(maps.at(-1) ?? image, stage.shrink, i === 0 ? 4 : 2), stage.shrinkNorm);
    const mixed = layerNorm(depthwise(small, stage.depthwise), stage.norm);
    maps.push(tf.add(small, linear(gelu(linear(mixed, stage.up)), stage.down)));
  }
  return maps;
}

/** A 3x3 convolution followed by ReLU. */
export interface StemConvolution {
  readonly width: number;
  readonly stride: number;
}

/** Plain convolutions as in Xiao et al., "Early Convolutions Help Transformers See Better" (NeurIPS 2021); batch norms are folded into the weights. */
export const convolutionsSpec = (stages: readonly StemConvolution[]) =>
  stages.map(({ width }, i) => convolutionSpec(i === 0 ? 3 : (stages[i - 1] as StemConvolution).width, width));

/** Total stride of the stem. */
export const convolutionsStride = (stages: readonly StemConvolution[]): number =>
  stages.reduce((product, { stride }) => product * stride, 1);

/** The output of every convolution, [B, H, W, 3] → [B, H/s, W/s, C] where s is the product of the strides so far. */
export function convolutionMaps(
  parameters: readonly ConvolutionParameters[],
  image: tf.Tensor,
  stages: readonly StemConvolution[],
): tf.Tensor[] {
  const maps: tf.Tensor[] = [];
  for (const [i, stage] of parameters.entries())
    maps.push(tf.relu(convolution(maps.at(-1) ?? image, stage, (stages[i] as StemConvolution).stride)));
  return maps;
}

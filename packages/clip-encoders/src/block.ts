// The pre-norm transformer block of CLIP's image and text encoders.
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
  normSpec,
} from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';

export interface BlockParameters {
  readonly norm1: NormParameters;
  readonly attention: AttentionParameters;
  readonly norm2: NormParameters;
  readonly mlp: { readonly up: LinearParameters; readonly down: LinearParameters };
}

export const blockSpec = (width: number, mlpWidth: number) => ({
  norm1: normSpec(width),
  attention: attentionSpec(width),
  norm2: normSpec(width),
  mlp: { up: linearSpec(width, mlpWidth), down: linearSpec(mlpWidth, width) },
});

export interface BlockOptions {
  /** The block's attention, [B, T, C] → [B, T, C]. */
  readonly attend: (normalized: tf.Tensor, attention: AttentionParameters) => tf.Tensor;
  readonly epsilon: number;
  readonly activation: ActivationName;
}

/** `x += attend(LN₁ x); x += MLP(LN₂ x)`, [B, T, C] → [B, T, C]. */
export function transformerBlock(
  { norm1, attention, norm2, mlp }: BlockParameters,
  tokens: tf.Tensor,
  { attend, epsilon, activation }: BlockOptions,
): tf.Tensor {
  const mixed = tf.add(tokens, attend(layerNorm(tokens, norm1, epsilon), attention));
  const hidden = activations[activation](linear(layerNorm(mixed, norm2, epsilon), mlp.up));
  return tf.add(mixed, linear(hidden, mlp.down));
}

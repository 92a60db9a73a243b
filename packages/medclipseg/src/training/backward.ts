// Gradients of a loss of the features, storing all intermediate results or only the tokens between blocks.
import { type Noise, recomputedGradients, type Segment, valueAndGradients } from '@medclipseg/nn';
import type * as tf from '@tensorflow/tfjs-core';
import {
  encodeFeatures,
  encodePrefix,
  type Features,
  firstBlock,
  type Network,
  type Tokens,
  tensorsOf,
  tokensOf,
  trunk,
  trunkBlock,
  trunkEnd,
} from '../network.ts';
import type { TrainingBatch } from './batch.ts';

export interface BackwardOptions {
  readonly noise?: Noise;
  /** Recomputes each block in the backward pass instead of storing its intermediate results: less memory, a third more work, same gradients. */
  readonly recompute?: boolean;
}

/** Whether no encoder learns; everything before the first adapter then stays off the gradient tape. */
export const hasFrozenEncoders = (variables: ReadonlyMap<string, tf.Variable>): boolean =>
  ![...variables.keys()].some((name) => /^(vision|text)\./.test(name));

/**
 * Value and gradients of `loss`. The caller disposes them.
 *
 * @param start the tokens before the first adapter, if the encoders are frozen
 */
export function backward(
  network: Network,
  { image, prompts }: TrainingBatch,
  variables: ReadonlyMap<string, tf.Variable>,
  start: Tokens | undefined,
  loss: (features: Features) => tf.Scalar,
  { noise, recompute = false }: BackwardOptions,
): { value: tf.Scalar; gradients: Map<string, tf.Tensor> } {
  if (!recompute)
    return valueAndGradients(
      () => loss(trunk(network, start ?? encodePrefix(network, image, prompts), prompts, { noise })),
      variables,
    );
  const first = firstBlock(network.config);
  const segments = Array.from(
    { length: trunkEnd(network.config) - first },
    (_, i): Segment =>
      (inputs) =>
        tensorsOf(trunkBlock(network, tokensOf(inputs, first + i), prompts, { noise })),
  );
  const below: Segment = () => tensorsOf(encodePrefix(network, image, prompts));
  const features: Segment = (inputs) => {
    const { patches, text, stem = [] } = encodeFeatures(network, tokensOf(inputs, trunkEnd(network.config)), prompts);
    return [patches, text, ...stem];
  };
  return recomputedGradients(
    {
      start: start && tensorsOf(start),
      segments: [...(start ? [] : [below]), ...segments, features],
      head: ([patches, text, ...stem]) => loss({ patches: patches as tf.Tensor, text: text as tf.Tensor, stem }),
    },
    variables,
  );
}

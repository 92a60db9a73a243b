// Gradients of a batch that is too large for memory: computed in parts, equal to those of the whole batch.
import { type LossOptions, softContrastive } from '@medclipseg/losses';
import { registerGradients } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { encodePrefix, type Network, type Tokens, tensorsOf, trunk } from '../network.ts';
import { backward, hasFrozenEncoders } from './backward.ts';
import type { LossAndGradients, MicroBatch } from './batch.ts';
import { partObjective, sumOfParts, vectorsOf } from './objective.ts';
import { lossAndGradients } from './step.ts';

export interface AccumulateOptions extends LossOptions {
  readonly recompute?: boolean;
}

/** The contrastive loss of all features, and its gradients with respect to each part's. */
export function contrast(
  image: readonly tf.Tensor[],
  text: readonly tf.Tensor[],
  { temperature, targets }: LossOptions,
) {
  registerGradients();
  return tf.tidy(() => {
    const gradients = tf.valueAndGrads((a, b) =>
      softContrastive(a as tf.Tensor, b as tf.Tensor, { temperature, targets }),
    );
    const { value, grads } = gradients([tf.concat([...image]), tf.concat([...text])]);
    const sizes = image.map(({ shape }) => shape[0] as number);
    const [ofImage, ofText] = grads.map((gradient) => tf.split(gradient, sizes));
    return { value, ofImage: ofImage as tf.Tensor[], ofText: ofText as tf.Tensor[] };
  });
}

/**
 * Loss and gradients of a batch given in parts. The caller disposes the gradients.
 *
 * The contrastive loss compares every image of the batch with every prompt of it, so the features of all parts are computed first, without
 * a tape; then each part is differentiated with its share of Dice and cross-entropy plus ⟨features, ∂contrastive/∂features⟩, whose
 * gradients add up to those of the whole. Noise is drawn twice per part, so it must come from a counter.
 */
export async function accumulatedGradients(
  network: Network,
  parts: readonly MicroBatch[],
  variables: ReadonlyMap<string, tf.Variable>,
  { recompute, ...options }: AccumulateOptions = {},
): Promise<LossAndGradients> {
  const [only] = parts;
  if (parts.length === 1 && only)
    return lossAndGradients(network, only, variables, { ...options, recompute, noise: only.noise });
  const count = parts.reduce((sum, { image }) => sum + (image.shape[0] as number), 0);
  const frozen = hasFrozenEncoders(variables);
  const starts: (Tokens | undefined)[] = [];
  const held: tf.Tensor[] = [];
  const keep = <T extends tf.Tensor[]>(...tensors: T): T => {
    held.push(...tensors);
    return tensors;
  };
  const gradients = new Map<string, tf.Tensor>();
  let failed = true;
  try {
    const vectors = parts.map(({ image, prompts, noise }) => {
      const start = frozen ? tf.tidy(() => encodePrefix(network, image, prompts)) : undefined;
      if (start) keep(...tensorsOf(start));
      starts.push(start);
      const vectors = tf.tidy(() =>
        vectorsOf(trunk(network, start ?? encodePrefix(network, image, prompts), prompts, { noise })),
      );
      keep(vectors.image, vectors.text);
      return vectors;
    });
    const { value, ofImage, ofText } = contrast(
      vectors.map(({ image }) => image),
      vectors.map(({ text }) => text),
      options,
    );
    keep(value, ...ofImage, ...ofText);

    const terms: tf.Tensor[] = [];
    for (const [i, part] of parts.entries()) {
      const share = (part.image.shape[0] as number) / count;
      const result = backward(
        network,
        part,
        variables,
        starts[i],
        (features) => {
          const contrast = { image: ofImage[i] as tf.Tensor, text: ofText[i] as tf.Tensor };
          const objective = partObjective(network, features, part.mask, { ...options, share, contrast });
          terms.push(...keep(tf.keep(objective.terms)));
          return objective.total;
        },
        { noise: part.noise, recompute },
      );
      result.value.dispose();
      for (const [name, gradient] of result.gradients) {
        const sum = gradients.get(name);
        gradients.set(name, sum ? tf.add(sum, gradient) : gradient);
        if (sum) tf.dispose([sum, gradient]);
      }
    }
    const [sums] = keep(tf.tidy(() => tf.concat([tf.addN(terms), tf.reshape(value, [1])])));
    const [dice, crossEntropy, contrastive] = (await sums.data()) as unknown as [number, number, number];
    failed = false;
    return { loss: sumOfParts(dice, crossEntropy, contrastive, options), gradients };
  } finally {
    tf.dispose(held);
    if (failed) tf.dispose([...gradients.values()]);
  }
}

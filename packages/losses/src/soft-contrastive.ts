// Soft contrastive loss between image and text features: similar prompts are not pushed apart.
import { constant } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { expectKnown, expectOneOf, expectRank, expectSameShape, LossOptionError } from './errors.ts';

const TARGETS = ['published', 'paper', 'hard'] as const;

export interface SoftContrastiveOptions {
  /** Divides the similarities (published: 0.2). */
  readonly temperature?: number;
  /**
   * `published`: rows of t·tᵀ divided by their own norm, then softmax, and the transpose for the text rows, as the released code does.
   * `paper`: softmax(t̂·t̂ᵀ/τ) of unit vectors, as the paper writes it. `hard`: each image matches its own prompt alone, for ablations.
   */
  readonly targets?: (typeof TARGETS)[number];
}

/** Checks the options that both functions share. */
function expectOptions({ temperature = 0.2, targets = 'published' }: SoftContrastiveOptions): void {
  if (!(Number.isFinite(temperature) && temperature > 0))
    throw new LossOptionError('temperature', 'a number above 0', temperature);
  expectOneOf('targets', targets, TARGETS);
}

/** Names of the options. */
export const CONTRASTIVE_OPTIONS = ['temperature', 'targets'] as const;

/**
 * Similarity of the prompts of a batch: row i is a distribution over the batch. Has no gradient.
 *
 * @param text [B, D]
 * @returns [B, B]
 */
export function softTargets(text: tf.Tensor, options: SoftContrastiveOptions = {}): tf.Tensor2D {
  expectKnown('softTargets', options, CONTRASTIVE_OPTIONS);
  expectOptions(options);
  expectRank('text features', text, ['B', 'D']);
  const { temperature = 0.2, targets = 'published' } = options;
  if (targets === 'hard') return constant(tf.eye(text.shape[0] as number)) as tf.Tensor2D;
  // A function whose gradient is zero stops the gradient.
  const cut = tf.customGrad((t) => {
    const x = t as tf.Tensor;
    const rows = targets === 'paper' ? tf.div(x, tf.norm(x, 2, -1, true)) : x;
    const similarity = tf.div(tf.matMul(rows, rows, false, true), temperature);
    const scaled = targets === 'paper' ? similarity : tf.div(similarity, tf.norm(similarity, 2, -1, true));
    const shape = x.shape;
    return { value: tf.softmax(scaled), gradFunc: () => tf.zeros(shape) };
  });
  return constant(cut(text)) as tf.Tensor2D;
}

/** −mean over rows of Σⱼ target·log softmax(logits). */
const crossEntropy = (logits: tf.Tensor, targets: tf.Tensor): tf.Scalar =>
  tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), -1))) as tf.Scalar;

/**
 * Cross-entropy between soft targets and similarities, both ways, averaged.
 *
 * @param image [B, D]: in the published model the mean of unit patch features, not normalized again
 * @param text [B, D]: in the published model the text projection, not normalized
 *
 * @example
 * const loss = softContrastive(tf.eye(2), tf.eye(2), { temperature: 0.5, targets: 'paper' });
 * console.log((await loss.data())[0].toFixed(4)); // 0.3653
 */
export function softContrastive(image: tf.Tensor, text: tf.Tensor, options: SoftContrastiveOptions = {}): tf.Scalar {
  expectKnown('softContrastive', options, CONTRASTIVE_OPTIONS);
  expectOptions(options);
  expectRank('image features', image, ['B', 'D']);
  expectSameShape('text features', image.shape, text.shape);
  const { temperature = 0.2, targets: form = 'published' } = options;
  const targets = softTargets(text, options);
  const imageRows = tf.div(tf.matMul(image, text, false, true), temperature); // [B, B]
  const textRows = tf.transpose(imageRows);
  const fromText = form === 'paper' ? targets : tf.transpose(targets);
  return tf.mul(tf.add(crossEntropy(imageRows, targets), crossEntropy(textRows, fromText)), 0.5) as tf.Scalar;
}

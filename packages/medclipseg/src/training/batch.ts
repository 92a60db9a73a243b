// Input and result of a training step.
import type { TokenBatch } from '@medclipseg/clip-encoders';
import type { Noise } from '@medclipseg/nn';
import type * as tf from '@tensorflow/tfjs-core';

/** A batch as network inputs. */
export interface TrainingBatch {
  readonly image: tf.Tensor; // [B, size, size, 3]
  readonly mask: tf.Tensor; // [B, size, size], 0 and 1
  readonly prompts: TokenBatch;
}

/** A part of a batch with the noise of its rows. */
export interface MicroBatch extends TrainingBatch {
  /** The values of `image` and `mask`, where they are in memory as well. */
  readonly pixels?: { readonly image: Float32Array; readonly mask: Float32Array };
  readonly noise?: Noise;
}

/** The loss and its terms, as numbers. */
export interface StepLoss {
  readonly total: number;
  readonly dice: number;
  readonly crossEntropy: number;
  readonly contrastive: number;
}

/** The caller disposes the gradients. */
export interface LossAndGradients {
  readonly loss: StepLoss;
  readonly gradients: Map<string, tf.Tensor>;
}

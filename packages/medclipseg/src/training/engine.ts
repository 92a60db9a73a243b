// What computes the steps of a training: TensorFlow.js on its current backend, or ONNX Runtime.
import { type LossOptions, segmentationLoss } from '@medclipseg/losses';
import { Adam, type AdamOptions, type AdamState, variablesOf } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { encodePrefix, type Network, predictLogits, trunk } from '../network.ts';
import { accumulatedGradients } from './accumulate.ts';
import type { MicroBatch, StepLoss } from './batch.ts';
import { applyGradients } from './step.ts';

export interface Update {
  readonly learningRate: number;
  /** The gradients are scaled down to this global norm. */
  readonly clipNorm?: number;
}

/** The loss of a batch, and its gradients until they are used or the next batch is differentiated. */
export interface DifferentiatedLoss {
  readonly loss: StepLoss;
  /** The gradients by parameter. */
  gradients(): Promise<ReadonlyMap<string, Float32Array>>;
  /** Updates the parameters. */
  apply(update: Update): void;
  /** Releases the gradients instead. */
  discard(): void;
}

/** A forward pass with the noise of the batch. */
export interface Evaluation {
  /** [B · size · size] */
  readonly logits: Float32Array;
  /** Dice and cross-entropy, weighted as in training; mean over images. */
  readonly loss: number;
}

/**
 * Computes the steps of one training. Whichever engine computes, the parameters are the variables of the network: they have the values
 * after the last update, and the next step starts from whatever values they have.
 */
export interface TrainingEngine {
  /** @param parts of one batch; the gradients are those of the whole */
  differentiate(parts: readonly MicroBatch[], signal?: AbortSignal): Promise<DifferentiatedLoss>;
  evaluate(part: MicroBatch, signal?: AbortSignal): Promise<Evaluation>;
  saveOptimizer(): Promise<AdamState>;
  restoreOptimizer(state: AdamState): void;
  /** Releases what the engine made, not the parameters. */
  dispose(): Promise<void>;
}

/** What an engine needs of the plan of a training. */
export interface TrainingEngineOptions {
  readonly loss?: LossOptions;
  readonly optimizer?: AdamOptions;
  readonly recompute?: boolean;
}

export type MakeTrainingEngine = (network: Network, options: TrainingEngineOptions) => TrainingEngine;

/** Computes on the current backend of TensorFlow.js. */
export const tfjsTrainingEngine: MakeTrainingEngine = (network, { loss: lossOptions, optimizer, recompute }) => {
  const adam = new Adam(optimizer);
  const variables = variablesOf(network.parameters);
  return {
    async differentiate(parts) {
      const { loss, gradients } = await accumulatedGradients(network, parts, variables, { ...lossOptions, recompute });
      return {
        loss,
        async gradients() {
          const read = [...gradients].map(async ([name, gradient]) => [name, await gradient.data()] as const);
          return new Map((await Promise.all(read)) as [string, Float32Array][]);
        },
        apply: (update) => applyGradients(adam, variables, gradients, update),
        discard: () => tf.dispose([...gradients.values()]),
      };
    },
    async evaluate({ image, mask, prompts, noise }) {
      const [logits, loss] = tf.tidy(() => {
        const features = trunk(network, encodePrefix(network, image, prompts), prompts, { noise });
        const z = predictLogits(network, features);
        return [z, segmentationLoss(z, mask, undefined, lossOptions).total];
      }) as [tf.Tensor, tf.Scalar];
      try {
        const [values, [value]] = (await Promise.all([logits.data(), loss.data()])) as [Float32Array, Float32Array];
        return { logits: values, loss: value as number };
      } finally {
        tf.dispose([logits, loss]);
      }
    },
    saveOptimizer: () => adam.save(),
    restoreOptimizer: (state) => adam.restore(state, variables),
    dispose: async () => adam.dispose(),
  };
};

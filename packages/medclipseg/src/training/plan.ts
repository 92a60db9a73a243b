// How a training goes, and where it stands.
import type { LossOptions } from '@medclipseg/losses';
import type { StepLoss } from './batch.ts';

/** A batch as it comes from a dataset. */
export interface ImageBatch {
  readonly image: Float32Array; // [B, size, size, 3]
  readonly mask: Float32Array; // [B, size, size]
  readonly names: readonly string[];
  readonly prompts: readonly string[];
}

export interface TrainingPlan {
  readonly epochs: number;
  readonly seed: number;
  readonly learningRate: number;
  /** The rate at the end of the cosine. */
  readonly minimumLearningRate: number;
  /** `epoch`: the rate changes once per epoch, as published; `step`: at every step. */
  readonly schedule?: 'epoch' | 'step';
  /** Steps over which the rate rises from zero. */
  readonly warmupSteps?: number;
  readonly weightDecay?: number;
  readonly beta2?: number;
  /** Largest joint norm of the gradients; none by default. */
  readonly clipNorm?: number;
  readonly loss?: LossOptions;
  /** Images that are differentiated at a time; the whole batch by default. The gradients are the batch's. */
  readonly microBatch?: number;
  /** Computes each block again in the backward pass instead of keeping its insides. */
  readonly recompute?: boolean;
  /** Share of the text tower's activations that are dropped in training (published: 0.1 in BERT). */
  readonly textDropout?: number;
  /** Epochs without a better validation Dice after which the training ends; it runs to its last epoch by default. */
  readonly patience?: number;
}

export interface TrainingData {
  readonly stepsPerEpoch: number;
  /** Batches of an epoch, from the given one on. The same for the same epoch. */
  train(epoch: number, from: number): AsyncIterable<ImageBatch>;
  validate(): AsyncIterable<ImageBatch>;
}

/**
 * Where a training stands: what a checkpoint must hold beside parameters and optimizer. No state of a generator belongs to it: order,
 * augmentation and noise are functions of the seed, the epoch and the image.
 */
export interface Progress {
  readonly epoch: number;
  /** Steps done in this epoch. */
  readonly step: number;
  /** Sum of the losses of those steps. */
  readonly lossSum: number;
  readonly bestDice: number;
  /** The epoch that reached it; none before the first validation above 0. */
  readonly bestEpoch?: number;
}

export interface StepReport extends Progress {
  /** Steps of an epoch. */
  readonly steps: number;
  readonly learningRate: number;
  readonly loss: StepLoss;
}

export interface Validation {
  /** Mean Dice over images at the model's size. */
  readonly dice: number;
  /** Mean of Dice and cross-entropy loss, weighted as in training, over images. */
  readonly loss: number;
}

export interface EpochReport {
  readonly epoch: number;
  readonly trainingLoss: number;
  readonly validationLoss: number;
  readonly validationDice: number;
  /** Whether this is the best epoch so far. */
  readonly best: boolean;
}

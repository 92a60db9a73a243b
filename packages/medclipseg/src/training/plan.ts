// How a training runs, and how far it has come.
import type { AugmentationStep } from '@medclipseg/datasets';
import type { LossOptions } from '@medclipseg/losses';
import { checkCount, checkFinite, checkKnownKeys, checkOneOf } from '../arguments.ts';
import type { StepLoss } from './batch.ts';
import type { ImageBatch } from './examples.ts';

export interface TrainingPlan {
  readonly epochs: number;
  /** Seeds the order of the images, their augmentation and their noise. */
  readonly seed: number;
  readonly learningRate: number;
  /** Learning rate at the end of the cosine schedule. */
  readonly minimumLearningRate: number;
  /** Images per step; the last batch of an epoch may be smaller. Default: 24, as published. */
  readonly batchSize?: number;
  /** Augmentation of the training images. Default: rotation alone, as published. */
  readonly augment?: readonly AugmentationStep[];
  /** `epoch` (default, published): the learning rate changes once per epoch; `step`: at every step. */
  readonly schedule?: 'epoch' | 'step';
  /** Steps over which the learning rate rises linearly from zero. */
  readonly warmupSteps?: number;
  readonly weightDecay?: number;
  readonly beta2?: number;
  /** Gradients are scaled down to this global norm; unlimited by default. */
  readonly clipNorm?: number;
  readonly loss?: LossOptions;
  /** Images per backward pass; the whole batch by default. The gradients are those of the whole batch. */
  readonly microBatch?: number;
  /** Recomputes each block in the backward pass instead of storing its intermediate results. */
  readonly recompute?: boolean;
  /** Dropout rate of the text tower during training (published: 0.1 in BERT). */
  readonly textDropout?: number;
  /** Ends the training after this many epochs without a better validation Dice; by default it runs all epochs. */
  readonly patience?: number;
}

/** The published training, without what depends on the encoders. */
export const PUBLISHED_PLAN = {
  epochs: 100,
  seed: 666,
  learningRate: 3e-4,
  minimumLearningRate: 1e-4,
  batchSize: 24,
  augment: ['rotation'],
} as const satisfies TrainingPlan;

const KEYS = [
  ...['epochs', 'seed', 'learningRate', 'minimumLearningRate', 'batchSize', 'augment', 'schedule', 'warmupSteps'],
  ...['weightDecay', 'beta2', 'clipNorm', 'loss', 'microBatch', 'recompute', 'textDropout', 'patience'],
];

/**
 * A plan with the published values for everything it leaves open.
 *
 * @throws {ArgumentError} for unknown keys and for values out of range
 */
export function completePlan(plan: Partial<TrainingPlan>): TrainingPlan & { readonly batchSize: number } {
  checkKnownKeys('plan', plan, KEYS);
  const given = Object.fromEntries(Object.entries(plan).filter(([, value]) => value !== undefined));
  const complete: TrainingPlan & { readonly batchSize: number } = { ...PUBLISHED_PLAN, ...given };
  checkCount('plan.epochs', complete.epochs, 1);
  checkCount('plan.seed', complete.seed);
  checkCount('plan.batchSize', complete.batchSize, 1);
  for (const [key, least] of [
    ['warmupSteps', 0],
    ['microBatch', 1],
    ['patience', 1],
  ] as const)
    if (complete[key] !== undefined) checkCount(`plan.${key}`, complete[key], least);
  for (const key of ['learningRate', 'minimumLearningRate', 'weightDecay', 'clipNorm'] as const)
    if (complete[key] !== undefined) checkFinite(`plan.${key}`, complete[key], { minimum: 0 });
  for (const key of ['beta2', 'textDropout'] as const)
    if (complete[key] !== undefined) checkFinite(`plan.${key}`, complete[key], { minimum: 0, below: 1 });
  if (complete.schedule !== undefined) checkOneOf('plan.schedule', complete.schedule, ['epoch', 'step']);
  return complete;
}

/** Batches of a training, as {@link Trainer} consumes them. */
export interface TrainingData {
  readonly stepsPerEpoch: number;
  /** Batches of an epoch, starting with the given one. Each call for the same epoch yields the same batches. */
  train(epoch: number, from: number): AsyncIterable<ImageBatch>;
  /** Batches of the validation images; without it nothing is validated. */
  validate?(): AsyncIterable<ImageBatch>;
}

/**
 * How far a training has come: what a checkpoint holds in addition to parameters and optimizer. No random state is needed: order,
 * augmentation and noise are functions of the seed, the epoch and the image.
 */
export interface TrainingProgress {
  /** Current epoch, from 0; the number of epochs once the training is finished. */
  readonly epoch: number;
  /** Steps done in this epoch. */
  readonly step: number;
  /** Sum of the losses of those steps. */
  readonly lossSum: number;
  /** Best validation Dice so far; 0 before the first validation. */
  readonly bestDice: number;
  /** Epoch that reached it; none before the first validation above 0. */
  readonly bestEpoch?: number;
}

export interface StepReport extends TrainingProgress {
  /** Steps per epoch. */
  readonly steps: number;
  readonly learningRate: number;
  readonly loss: StepLoss;
}

export interface Validation {
  /** Mean Dice over images at the model's size. */
  readonly dice: number;
  /** Mean over images of Dice and cross-entropy loss, weighted as in training. */
  readonly loss: number;
}

export interface EpochReport {
  readonly epoch: number;
  readonly trainingLoss: number;
  /** None where nothing was validated. */
  readonly validationLoss?: number;
  /** None where nothing was validated. */
  readonly validationDice?: number;
  /** Whether this is the best epoch so far. */
  readonly best: boolean;
}

// How a handful of examples is learned from.
import { countParameters } from '@medclipseg/nn';
import type { Network, TrainingPlan } from 'medclipseg';

export interface PlanOptions {
  readonly steps: number;
  readonly learningRate?: number;
  readonly seed?: number;
}

/**
 * So slow that most of what the model could do stays. Mini, 40 steps, mean Dice of three of Kvasir's test images, of eleven others, of phantoms:
 * three that it half fails on 0.60 to 0.75, others 0.81 to 0.82, phantoms 0.92 to 0.91; the three that it fails on worst 0.25 to 0.62, others
 * 0.81 to 0.76, phantoms 0.92 to 0.90. The latter at 3e-4: 0.55, 0.78, 0.91; with a pull toward the start weights (50 times the rate, each
 * step): 0.59, 0.77, 0.92, not worth its memory.
 */
const LEARNING_RATE = 5e-4;

/** Examples in a step. */
export const BATCH_SIZE = 3;

/** Parameters from which on one picture at a time is differentiated, and blocks are computed again instead of kept. */
const LARGE = 20e6;

export const planFor = (
  { parameters }: Network,
  { steps, learningRate = LEARNING_RATE, seed = 1 }: PlanOptions,
): TrainingPlan => ({
  // A step is an epoch: it brings an example new noise.
  epochs: steps,
  seed,
  learningRate,
  minimumLearningRate: learningRate / 10,
  schedule: 'step',
  warmupSteps: 4,
  beta2: 0.99,
  clipNorm: 1,
  // So few prompts have nothing to be told apart from.
  loss: { dice: 'region', contrastiveWeight: 0 },
  ...(countParameters(parameters as never) > LARGE && { microBatch: 1, recompute: true }),
});

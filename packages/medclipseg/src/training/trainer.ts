// The training loop: epochs of steps, validation after each, a state that can be saved and taken up anywhere.
import type { Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import type { LossOptions } from '@medclipseg/losses';
import { Adam, type AdamState, cosineAnnealing, counterNoise, nextTask, variablesOf } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { DivergedError } from '../errors.ts';
import { dice } from '../metrics/dice.ts';
import type { Network } from '../network.ts';
import { monteCarlo } from '../sampling/index.ts';
import { tokenBatch } from '../tokens.ts';
import type { StepLoss } from './batch.ts';
import { applyGradients, lossAndGradients } from './step.ts';

/** A batch as it comes from a dataset. */
export interface ImageBatch {
  readonly image: Float32Array; // [B, size, size, 3]
  readonly mask: Float32Array; // [B, size, size]
  readonly names: readonly string[];
  readonly sentences: readonly string[];
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
}

export interface TrainingData {
  readonly stepsPerEpoch: number;
  /** Batches of an epoch, from the given one on. The same for the same epoch. */
  train(epoch: number, from: number): AsyncIterable<ImageBatch>;
  validate(): AsyncIterable<ImageBatch>;
}

/** Where a training stands: what a checkpoint must hold beside the parameters. */
export interface Progress {
  readonly epoch: number;
  /** Steps done in this epoch. */
  readonly step: number;
  /** Sum of the losses of those steps. */
  readonly lossSum: number;
  readonly bestDice: number;
}

export interface StepReport extends Progress {
  readonly steps: number;
  readonly learningRate: number;
  readonly loss: StepLoss;
}

export interface EpochReport {
  readonly epoch: number;
  readonly trainingLoss: number;
  readonly validationDice: number;
  /** Whether this is the best epoch so far. */
  readonly best: boolean;
}

export interface TrainerOptions {
  readonly onStep?: (report: StepReport) => void;
  readonly onEpoch?: (report: EpochReport) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/** Trains the variables of a network. Owns the optimiser; the network stays the caller's. */
export class Trainer {
  readonly #network: Network;
  readonly #tokenizer: Pick<Tokenizer, 'encode'>;
  readonly #plan: TrainingPlan;
  readonly #optimizer: Adam;
  #progress: Progress = { epoch: 0, step: 0, lossSum: 0, bestDice: 0 };

  constructor(network: Network, tokenizer: Pick<Tokenizer, 'encode'>, plan: TrainingPlan) {
    this.#network = network;
    this.#tokenizer = tokenizer;
    this.#plan = plan;
    this.#optimizer = new Adam({ weightDecay: plan.weightDecay, beta2: plan.beta2 });
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** The optimiser's state, to be saved with {@link progress}. */
  optimizerState(): Promise<AdamState> {
    return this.#optimizer.save();
  }

  /** Takes up a saved training: from here on it is the same as if it had never stopped. */
  resume(progress: Progress, optimizer: AdamState): void {
    this.#progress = progress;
    this.#optimizer.restore(optimizer, variablesOf(this.#network.parameters as never));
  }

  /** Runs all remaining epochs. An aborted `signal` throws between two steps; state and progress are then those after the last step. */
  async run(data: TrainingData, { onStep, onEpoch, signal }: TrainerOptions = {}): Promise<void> {
    for (let { epoch } = this.#progress; epoch < this.#plan.epochs; epoch++) {
      const trainingLoss = await this.#epoch(epoch, data, onStep, signal);
      const validationDice = await this.validate(data.validate(), signal);
      const best = validationDice > this.#progress.bestDice;
      this.#progress = {
        epoch: epoch + 1,
        step: 0,
        lossSum: 0,
        bestDice: Math.max(validationDice, this.#progress.bestDice),
      };
      await onEpoch?.({ epoch, trainingLoss, validationDice, best });
    }
  }

  #rate(epoch: number, step: number, stepsPerEpoch: number): number {
    const { learningRate, minimumLearningRate, epochs, schedule = 'epoch', warmupSteps = 0 } = this.#plan;
    const t = schedule === 'epoch' ? epoch : epoch + step / stepsPerEpoch;
    const rate = cosineAnnealing(t, { from: learningRate, to: minimumLearningRate, total: epochs });
    return rate * Math.min(1, (epoch * stepsPerEpoch + step + 1) / Math.max(1, warmupSteps));
  }

  async #epoch(
    epoch: number,
    data: TrainingData,
    onStep: TrainerOptions['onStep'],
    signal?: AbortSignal,
  ): Promise<number> {
    const { seed, loss: lossOptions, clipNorm } = this.#plan;
    const variables = variablesOf(this.#network.parameters as never);
    const { imageSize } = this.#network.config.vision;
    let { step, lossSum } = this.#progress;
    for await (const batch of data.train(epoch, step)) {
      signal?.throwIfAborted();
      const size = batch.names.length;
      const inputs = {
        image: tf.tensor4d(batch.image, [size, imageSize, imageSize, 3]),
        mask: tf.tensor3d(batch.mask, [size, imageSize, imageSize]),
        sentences: tokenBatch(batch.sentences.map((sentence) => this.#tokenizer.encode(sentence))),
      };
      // Keyed by name and epoch, so that the noise does not depend on the order of the images.
      const noise = counterNoise(
        seed,
        batch.names.map((image) => ({ image, sample: epoch })),
      );
      try {
        const { loss, gradients } = await lossAndGradients(this.#network, inputs, variables, { noise, ...lossOptions });
        if (!Number.isFinite(loss.total)) {
          tf.dispose([...gradients.values()]);
          throw new DivergedError(epoch, step, batch.names);
        }
        const learningRate = this.#rate(epoch, step, data.stepsPerEpoch);
        applyGradients(this.#optimizer, variables, gradients, { learningRate, clipNorm });
        step += 1;
        lossSum += loss.total;
        this.#progress = { ...this.#progress, epoch, step, lossSum };
        onStep?.({ ...this.#progress, steps: data.stepsPerEpoch, learningRate, loss });
      } finally {
        tf.dispose([inputs.image, inputs.mask, inputs.sentences.ids]);
      }
      await nextTask();
    }
    return lossSum / Math.max(1, step);
  }

  /** Mean Dice over images at the model's size with one noisy sample, as the published validation. */
  async validate(batches: AsyncIterable<ImageBatch>, signal?: AbortSignal): Promise<number> {
    const { imageSize } = this.#network.config.vision;
    const pixels = imageSize ** 2;
    let sum = 0;
    let count = 0;
    for await (const batch of batches) {
      const image = tf.tensor4d(batch.image, [batch.names.length, imageSize, imageSize, 3]);
      const sentences = tokenBatch(batch.sentences.map((sentence) => this.#tokenizer.encode(sentence)));
      try {
        const estimates = await monteCarlo(this.#network, [{ image, sentences }], batch.names, {
          samples: 1,
          seed: this.#plan.seed,
          signal,
        });
        estimates.forEach(({ probability }, i) => {
          const truth = batch.mask.subarray(i * pixels, (i + 1) * pixels);
          sum += dice(
            probability.map((p) => (p > 0.5 ? 1 : 0)),
            truth,
            { smooth: 1e-7 },
          );
          count += 1;
        });
      } finally {
        tf.dispose([image, sentences.ids]);
      }
    }
    return sum / Math.max(1, count);
  }

  dispose(): void {
    this.#optimizer.dispose();
  }
}

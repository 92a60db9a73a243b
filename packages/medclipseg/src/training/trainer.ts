// The training loop: epochs of steps, validation after each, a state that can be saved and taken up anywhere.
import type { Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { Adam, type AdamState, cosineAnnealing, nextTask, variablesOf } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { DivergedError } from '../errors.ts';
import type { Network } from '../network.ts';
import { accumulatedGradients } from './accumulate.ts';
import { disposeParts, partsOf } from './inputs.ts';
import type { EpochReport, ImageBatch, Progress, StepReport, TrainingData, TrainingPlan, Validation } from './plan.ts';
import { applyGradients } from './step.ts';
import { validate } from './validate.ts';

export type { Progress } from './plan.ts';

export interface TrainerOptions {
  readonly onStep?: (report: StepReport) => void | Promise<void>;
  readonly onEpoch?: (report: EpochReport) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/** Trains the variables of a network. Owns the optimizer; the network stays the caller's. */
export class Trainer {
  readonly #network: Network;
  readonly #tokenizer: Pick<Tokenizer, 'encode'>;
  readonly #optimizer: Adam;
  readonly plan: TrainingPlan;
  #progress: Progress = { epoch: 0, step: 0, lossSum: 0, bestDice: 0 };

  constructor(network: Network, tokenizer: Pick<Tokenizer, 'encode'>, plan: TrainingPlan) {
    this.#network = network;
    this.#tokenizer = tokenizer;
    this.plan = plan;
    this.#optimizer = new Adam({ weightDecay: plan.weightDecay, beta2: plan.beta2 });
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** The optimizer's state, to be saved with {@link progress}. */
  optimizerState(): Promise<AdamState> {
    return this.#optimizer.save();
  }

  /** Takes up a saved training: from here on it is the same as if it had never stopped. */
  resume(progress: Progress, optimizer: AdamState): void {
    this.#progress = progress;
    this.#optimizer.restore(optimizer, variablesOf(this.#network.parameters as never));
  }

  /** Whether the last epoch is done, or so many passed without a better Dice as the plan has patience for. */
  get finished(): boolean {
    const { epoch, bestEpoch = -1 } = this.#progress;
    const { epochs, patience = Number.POSITIVE_INFINITY } = this.plan;
    return epoch >= epochs || epoch - 1 - bestEpoch >= patience;
  }

  /**
   * Runs all remaining epochs. An aborted `signal` throws between two steps, as does what the data, the backend or a callback throws; state
   * and progress are then those after the last step.
   */
  async run(data: TrainingData, { onStep, onEpoch, signal }: TrainerOptions = {}): Promise<void> {
    while (!this.finished) {
      const { epoch, bestDice, bestEpoch } = this.#progress;
      const trainingLoss = await this.#epoch(epoch, data, onStep, signal);
      const { dice, loss } = await this.validate(data.validate(), signal);
      const best = dice > bestDice;
      this.#progress = {
        epoch: epoch + 1,
        step: 0,
        lossSum: 0,
        bestDice: Math.max(dice, bestDice),
        bestEpoch: best ? epoch : bestEpoch,
      };
      await onEpoch?.({ epoch, trainingLoss, validationLoss: loss, validationDice: dice, best });
    }
  }

  #rate(epoch: number, step: number, stepsPerEpoch: number): number {
    const { learningRate, minimumLearningRate, epochs, schedule = 'epoch', warmupSteps = 0 } = this.plan;
    const t = schedule === 'epoch' ? epoch : epoch + step / stepsPerEpoch;
    const rate = cosineAnnealing(t, { from: learningRate, to: minimumLearningRate, total: epochs });
    return rate * Math.min(1, (epoch * stepsPerEpoch + step + 1) / Math.max(1, warmupSteps));
  }

  async #epoch(
    epoch: number,
    { train, stepsPerEpoch }: Pick<TrainingData, 'train' | 'stepsPerEpoch'>,
    onStep: TrainerOptions['onStep'],
    signal?: AbortSignal,
  ): Promise<number> {
    const { loss: lossOptions, clipNorm, recompute, microBatch, textDropout } = this.plan;
    const variables = variablesOf(this.#network.parameters as never);
    for await (const batch of train(epoch, this.#progress.step)) {
      signal?.throwIfAborted();
      const { step, lossSum } = this.#progress;
      // Every epoch brings an image new noise.
      const parts = [...partsOf(batch, { ...this.#inputs, part: microBatch, textDropout, sample: epoch })];
      try {
        const { loss, gradients } = await accumulatedGradients(this.#network, parts, variables, {
          ...lossOptions,
          recompute,
        });
        if (!Number.isFinite(loss.total)) {
          tf.dispose([...gradients.values()]);
          throw new DivergedError(epoch, step, batch.names);
        }
        const learningRate = this.#rate(epoch, step, stepsPerEpoch);
        applyGradients(this.#optimizer, variables, gradients, { learningRate, clipNorm });
        this.#progress = { ...this.#progress, epoch, step: step + 1, lossSum: lossSum + loss.total };
        await onStep?.({ ...this.#progress, steps: stepsPerEpoch, learningRate, loss });
      } finally {
        disposeParts(parts);
      }
      await nextTask();
    }
    return this.#progress.lossSum / Math.max(1, this.#progress.step);
  }

  /** Mean Dice and loss over images with one noisy sample each, as the published validation. */
  validate(batches: AsyncIterable<ImageBatch>, signal?: AbortSignal): Promise<Validation> {
    return validate(this.#network, batches, { ...this.#inputs, part: this.plan.microBatch }, this.plan, signal);
  }

  get #inputs() {
    return { tokenizer: this.#tokenizer, size: this.#network.config.vision.imageSize, seed: this.plan.seed };
  }

  dispose(): void {
    this.#optimizer.dispose();
  }
}

// The training loop: epochs of steps, a validation after each epoch, and a state that can be saved and restored after any step.
import type { Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { type AdamState, cosineAnnealing } from '@medclipseg/nn';
import { nextTask } from '@medclipseg/nn/internal';
import { DivergedError } from '../errors.ts';
import type { Network } from '../network.ts';
import { type MakeTrainingEngine, type TrainingEngine, tfjsTrainingEngine } from './engine.ts';
import type { ImageBatch } from './examples.ts';
import { disposeMicroBatches, microBatches } from './inputs.ts';
import type { EpochReport, StepReport, TrainingData, TrainingPlan, TrainingProgress, Validation } from './plan.ts';
import { validate } from './validate.ts';

export interface TrainerOptions {
  readonly onStep?: (report: StepReport) => void | Promise<void>;
  readonly onEpoch?: (report: EpochReport) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/** Trains the variables of a network. Owns the engine; the caller keeps owning the network. */
export class Trainer {
  readonly #network: Network;
  readonly #tokenizer: Pick<Tokenizer, 'encode'>;
  readonly #engine: TrainingEngine;
  readonly plan: TrainingPlan;
  #progress: TrainingProgress = { epoch: 0, step: 0, lossSum: 0, bestDice: 0 };

  constructor(
    network: Network,
    tokenizer: Pick<Tokenizer, 'encode'>,
    plan: TrainingPlan,
    makeEngine: MakeTrainingEngine = tfjsTrainingEngine,
  ) {
    this.#network = network;
    this.#tokenizer = tokenizer;
    this.plan = plan;
    const { loss, weightDecay, beta2, recompute } = plan;
    this.#engine = makeEngine(network, { loss, optimizer: { weightDecay, beta2 }, recompute });
  }

  get progress(): TrainingProgress {
    return this.#progress;
  }

  /** State of the optimizer, to be saved with {@link progress}. */
  optimizerState(): Promise<AdamState> {
    return this.#engine.saveOptimizer();
  }

  /** Restores a saved training: it continues as if it had never stopped. */
  resume(progress: TrainingProgress, optimizer: AdamState): void {
    this.#progress = progress;
    this.#engine.restoreOptimizer(optimizer);
  }

  /** Whether the last epoch is done, or the plan's patience is exhausted. */
  get finished(): boolean {
    const { epoch, bestEpoch = -1 } = this.#progress;
    const { epochs, patience = Number.POSITIVE_INFINITY } = this.plan;
    return epoch >= epochs || epoch - 1 - bestEpoch >= patience;
  }

  /**
   * Runs all remaining epochs. An aborted `signal` throws after the current step or, where the engine can, during it; errors of the data, the backend and the callbacks are passed
   * on. State and progress are then those after the last completed step.
   */
  async run(data: TrainingData, { onStep, onEpoch, signal }: TrainerOptions = {}): Promise<void> {
    while (!this.finished) {
      const { epoch, bestDice, bestEpoch } = this.#progress;
      const trainingLoss = await this.#epoch(epoch, data, onStep, signal);
      const found = data.validate && (await this.validate(data.validate(), signal));
      const best = found !== undefined && found.dice > bestDice;
      this.#progress = {
        epoch: epoch + 1,
        step: 0,
        lossSum: 0,
        bestDice: best ? found.dice : bestDice,
        bestEpoch: best ? epoch : bestEpoch,
      };
      await onEpoch?.({ epoch, trainingLoss, validationLoss: found?.loss, validationDice: found?.dice, best });
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
    const { clipNorm, microBatch, textDropout } = this.plan;
    for await (const batch of train(epoch, this.#progress.step)) {
      signal?.throwIfAborted();
      const { step, lossSum } = this.#progress;
      // An image gets new noise in every epoch.
      const parts = [...microBatches(batch, { ...this.#inputs, part: microBatch, textDropout, sample: epoch })];
      try {
        const { loss, apply, discard } = await this.#engine.differentiate(parts, signal);
        if (!Number.isFinite(loss.total)) {
          discard();
          throw new DivergedError(epoch, step, batch.names);
        }
        const learningRate = this.#rate(epoch, step, stepsPerEpoch);
        apply({ learningRate, clipNorm });
        this.#progress = { ...this.#progress, epoch, step: step + 1, lossSum: lossSum + loss.total };
        await onStep?.({ ...this.#progress, steps: stepsPerEpoch, learningRate, loss });
      } finally {
        disposeMicroBatches(parts);
      }
      await nextTask();
    }
    return this.#progress.lossSum / Math.max(1, this.#progress.step);
  }

  /** Mean Dice and loss over images, one noisy sample each, as in the published validation. */
  validate(batches: AsyncIterable<ImageBatch>, signal?: AbortSignal): Promise<Validation> {
    return validate(this.#engine, batches, { ...this.#inputs, part: this.plan.microBatch }, signal);
  }

  get #inputs() {
    return { tokenizer: this.#tokenizer, size: this.#network.config.vision.imageSize, seed: this.plan.seed };
  }

  dispose(): Promise<void> {
    return this.#engine.dispose();
  }
}

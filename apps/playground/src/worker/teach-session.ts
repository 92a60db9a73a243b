// Trains the adapters, upscaler and mask head of a model on a few examples, with pause, stop and undo; its encoders stay frozen.
import { countParameters } from '@medclipseg/nn';
import { nextTask } from '@medclipseg/nn/internal';
import type { MedCLIPSeg } from 'medclipseg';
import { DivergedError, examplesInMemory, fit, type TrainingPlan } from 'medclipseg/training';
import type { Taught, TeachEnd, TeachStep, TrainingExample } from './teach-protocol.ts';
import { copyWeights, restoreWeights, type Weights, WeightsStack } from './teach-weights.ts';

export interface TrainingOptions {
  /** Rounded to whole passes over the examples. */
  readonly steps: number;
  readonly learningRate?: number;
}

/**
 * Low enough to keep most of what the model knows. Measured with mini, 40 steps, as mean Dice of three Kvasir test images trained on, of eleven
 * others, and of phantoms. Three images with partial failures: 0.60 to 0.75, others 0.81 to 0.82, phantoms 0.92 to 0.91. The three worst images:
 * 0.25 to 0.62, others 0.81 to 0.76, phantoms 0.92 to 0.90. The latter at 3e-4: 0.55, 0.78, 0.91. With a penalty toward the initial weights (50
 * times the rate, each step): 0.59, 0.77, 0.92, which is not worth its memory.
 */
const LEARNING_RATE = 5e-4;

/** Images per step at most. */
const BATCH_SIZE = 3;

/** Number of parameters above which images are processed one at a time, and activations are recomputed instead of stored. */
const LARGE = 20e6;

/** Memory for undoing earlier trainings. */
const UNDO_BYTES = 256 << 20;

/** A gate that pauses work while it is closed. */
class Gate {
  #opened: Promise<void> | undefined;
  #open = () => {};

  close(): void {
    this.#opened ??= new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
    this.#opened = undefined;
  }

  /** Resolves while the gate is open. */
  async pass(): Promise<void> {
    while (this.#opened) await this.#opened;
  }
}

/** Owns the values for undo and reset. The model belongs to the caller. */
export class TeachSession {
  readonly #model: MedCLIPSeg;
  readonly #opened: Weights;
  readonly #before = new WeightsStack(UNDO_BYTES);
  /** The examples of each training that is in effect. */
  readonly #lessons: (readonly string[])[] = [];
  readonly #gate = new Gate();
  #stop: AbortController | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #trainings = 0;
  #changed = false;

  private constructor(model: MedCLIPSeg, opened: Weights) {
    this.#model = model;
    this.#opened = opened;
  }

  static async open(model: MedCLIPSeg): Promise<TeachSession> {
    model.unfreeze();
    return new TeachSession(model, await copyWeights(model.network));
  }

  get taught(): Taught {
    const images = this.#changed ? [...new Set(this.#lessons.flat())] : [];
    return { images, undos: this.#before.size, changed: this.#changed };
  }

  /** Runs one training; ends one that is still in progress. */
  async run(
    examples: readonly TrainingExample[],
    onStep: (step: TeachStep) => void,
    options: TrainingOptions,
  ): Promise<TeachEnd> {
    await this.end();
    const training = this.#train(examples, onStep, options);
    this.#ended = training.catch(() => {});
    return training;
  }

  #plan(images: number, { steps, learningRate = LEARNING_RATE }: TrainingOptions): Partial<TrainingPlan> {
    const stepsPerEpoch = Math.ceil(images / BATCH_SIZE);
    this.#trainings += 1;
    return {
      epochs: Math.max(1, Math.round(steps / stepsPerEpoch)),
      seed: this.#trainings,
      learningRate,
      minimumLearningRate: learningRate / 10,
      batchSize: Math.ceil(images / stepsPerEpoch),
      // Against overfitting to a few images. Flips also change the location words of the prompt.
      augment: ['flips', 'affine', 'color'],
      schedule: 'step',
      warmupSteps: 4,
      beta2: 0.99,
      clipNorm: 1,
      // The contrastive loss needs more prompts than there are examples.
      loss: { dice: 'region', contrastiveWeight: 0 },
      ...(countParameters(this.#model.network.parameters) > LARGE && { microBatch: 1, recompute: true }),
    };
  }

  async #train(
    examples: readonly TrainingExample[],
    onStep: (step: TeachStep) => void,
    options: TrainingOptions,
  ): Promise<TeachEnd> {
    // Names must be unique: they key the noise of the images.
    const numbered = examples.map((example, i) => ({ ...example, name: `${i + 1}. ${example.name}` }));
    const train = examplesInMemory(numbered, { repeat: examples.length === 1 ? BATCH_SIZE : 1 });
    const plan = this.#plan(train.size, options);
    const stop = new AbortController();
    this.#stop = stop;
    this.#gate.open();
    this.#before.push(await copyWeights(this.#model.network));
    this.#lessons.push(examples.map(({ id }) => id));
    this.#changed = true;
    let [step, stepsPerEpoch] = [0, 1];
    try {
      await fit(this.#model, { train }, plan, {
        signal: stop.signal,
        onStart: (start) => {
          stepsPerEpoch = start.stepsPerEpoch;
        },
        onStep: async ({ loss }) => {
          step += 1;
          onStep({ step, steps: stepsPerEpoch * (plan.epochs as number), loss: loss.total });
          // Lets the worker receive a pause or stop that was requested during the step.
          await nextTask();
          await this.#gate.pass();
        },
      });
      return { kind: 'done' };
    } catch (error) {
      if (stop.signal.aborted) return { kind: 'stopped' };
      this.undo();
      if (!(error instanceof DivergedError)) throw error;
      const names = error.images.map((name) => (examples[Number.parseInt(name, 10) - 1] as TrainingExample).name);
      return { kind: 'diverged', step: step + 1, names: [...new Set(names)] };
    } finally {
      this.#stop = undefined;
    }
  }

  pause(): void {
    if (this.#stop) this.#gate.close();
  }

  resume(): void {
    this.#gate.open();
  }

  stop(): void {
    this.#stop?.abort();
    this.#gate.open();
  }

  /** Stops the training and resolves when its last step has ended. */
  async end(): Promise<void> {
    this.stop();
    await this.#ended;
  }

  /** Restores the values before the last training. */
  undo(): Taught {
    const before = this.#before.pop();
    if (before) {
      this.#lessons.pop();
      this.#restore(before);
    }
    return this.taught;
  }

  /** Restores the model as it was opened. */
  reset(): Taught {
    this.#before.clear();
    this.#lessons.length = 0;
    this.#restore(this.#opened);
    return this.taught;
  }

  #restore(weights: Weights): void {
    restoreWeights(this.#model.network, weights);
    this.#changed = [...weights].some(([name, values]) => {
      const opened = this.#opened.get(name) as Float32Array;
      return values.some((value, i) => value !== opened[i]);
    });
  }
}

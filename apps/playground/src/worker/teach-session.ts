// Trains the adapters, upscaler and mask head of a model on a few examples, with pause, stop and undo; its encoders stay frozen.
import type { Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { trainable } from '@medclipseg/nn';
import { DivergedError, type Network, TRAINED_PART, Trainer, type TrainingPlan } from 'medclipseg';
import { batchAt, fitted } from './teach-batches.ts';
import { BATCH_SIZE, type PlanOptions, planFor } from './teach-plan.ts';
import type { Taught, TeachEnd, TeachStep, TrainingExample } from './teach-protocol.ts';
import { copyWeights, restoreWeights, type Weights, WeightsStack } from './teach-weights.ts';

/** Memory for undoing earlier trainings. */
const UNDO_BYTES = 256 << 20;

/** The same network with its trained parameters as variables. Takes ownership of its tensors. */
export const teachable = ({ config, parameters }: Network): Network => ({
  config,
  parameters: trainable(parameters, TRAINED_PART),
});

async function* nothing() {}

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

/** Owns the values for undo and reset. The network belongs to the caller. */
export class TeachSession {
  readonly #network: Network;
  readonly #tokenizer: Pick<Tokenizer, 'encode'>;
  readonly #opened: Weights;
  readonly #before = new WeightsStack(UNDO_BYTES);
  readonly #gate = new Gate();
  #stop: AbortController | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #changed = false;

  private constructor(network: Network, tokenizer: Pick<Tokenizer, 'encode'>, opened: Weights) {
    this.#network = network;
    this.#tokenizer = tokenizer;
    this.#opened = opened;
  }

  /** @param network from {@link teachable} */
  static open = async (network: Network, tokenizer: Pick<Tokenizer, 'encode'>): Promise<TeachSession> =>
    new TeachSession(network, tokenizer, await copyWeights(network));

  get taught(): Taught {
    return { undos: this.#before.size, changed: this.#changed };
  }

  /** Runs one training; ends one that is still in progress. */
  async run(
    examples: readonly TrainingExample[],
    onStep: (step: TeachStep) => void,
    options: PlanOptions,
  ): Promise<TeachEnd> {
    await this.end();
    const training = this.#train(examples, onStep, planFor(this.#network, options));
    this.#ended = training.catch(() => {});
    return training;
  }

  async #train(
    examples: readonly TrainingExample[],
    onStep: (step: TeachStep) => void,
    plan: TrainingPlan,
  ): Promise<TeachEnd> {
    const { vision, preprocessing } = this.#network.config;
    const size = vision.imageSize;
    const small = examples.map((example) => fitted(example, size));
    const options = { size, preprocessing, batchSize: BATCH_SIZE, seed: plan.seed + this.#before.size };
    const stop = new AbortController();
    this.#stop = stop;
    const gate = this.#gate;
    gate.open();
    const before = await copyWeights(this.#network);
    this.#before.push(before);
    this.#changed = true;
    const trainer = new Trainer(this.#network, this.#tokenizer, plan);
    try {
      await trainer.run(
        {
          stepsPerEpoch: 1,
          train: async function* (step) {
            // Waits before a step, not after it, so that a pause requested during a step takes effect.
            await gate.pass();
            yield batchAt(step, small, options);
          },
          validate: nothing,
        },
        {
          signal: stop.signal,
          onStep: ({ epoch, loss }) => onStep({ step: epoch + 1, steps: plan.epochs, loss: loss.total }),
        },
      );
      return { kind: 'done' };
    } catch (error) {
      if (stop.signal.aborted) return { kind: 'stopped' };
      this.undo();
      if (error instanceof DivergedError) return { kind: 'diverged', step: error.epoch + 1, names: error.images };
      throw error;
    } finally {
      trainer.dispose();
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
    if (before) this.#restore(before);
    return this.taught;
  }

  /** Restores the model as it was opened. */
  reset(): Taught {
    this.#before.clear();
    this.#restore(this.#opened);
    return this.taught;
  }

  #restore(weights: Weights): void {
    restoreWeights(this.#network, weights);
    this.#changed = [...weights].some(([name, values]) => {
      const opened = this.#opened.get(name) as Float32Array;
      return values.some((value, i) => value !== opened[i]);
    });
  }
}

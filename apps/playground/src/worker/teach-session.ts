// A model that learns in the page: adapters, upscaler and mask head, from a handful of examples; its encoders stay as they are.
import type { Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { trainable } from '@medclipseg/nn';
import { DivergedError, type Network, TRAINED_PART, Trainer, type TrainingPlan } from 'medclipseg';
import { batchAt, fitted } from './teach-batches.ts';
import { Gate } from './teach-gate.ts';
import { BATCH_SIZE, type PlanOptions, planFor } from './teach-plan.ts';
import type { Taught, TaughtExample, TeachEnd, TeachStep } from './teach-protocol.ts';
import { putWeights, takeWeights, type Weights, WeightsStack } from './teach-weights.ts';

/** For what was before earlier trainings. */
const UNDO_BYTES = 256 << 20;

/** The same model, with what is taught as variables. Takes over its tensors. */
export const teachable = ({ config, parameters }: Network): Network => ({
  config,
  parameters: trainable(parameters, TRAINED_PART),
});

async function* nothing() {}

/** Owns the numbers to go back to; the network stays the caller's. */
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

  /** @param network with what learns as variables */
  static open = async (network: Network, tokenizer: Pick<Tokenizer, 'encode'>): Promise<TeachSession> =>
    new TeachSession(network, tokenizer, await takeWeights(network));

  get taught(): Taught {
    return { undos: this.#before.size, changed: this.#changed };
  }

  /** Trains once; one training at a time. */
  async run(
    examples: readonly TaughtExample[],
    onStep: (step: TeachStep) => void,
    options: PlanOptions,
  ): Promise<TeachEnd> {
    await this.end();
    const training = this.#train(examples, onStep, planFor(this.#network, options));
    this.#ended = training.catch(() => {});
    return training;
  }

  async #train(
    examples: readonly TaughtExample[],
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
    const before = await takeWeights(this.#network);
    this.#before.push(before);
    this.#changed = true;
    const trainer = new Trainer(this.#network, this.#tokenizer, plan);
    try {
      await trainer.run(
        {
          stepsPerEpoch: 1,
          train: async function* (step) {
            // Before a step rather than behind it: what the page asked for meanwhile has been heard by now.
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

  /** Stops, and resolves when no step is under way any more. */
  async end(): Promise<void> {
    this.stop();
    await this.#ended;
  }

  /** Back to before the last training. */
  undo(): Taught {
    const before = this.#before.pop();
    if (before) this.#return(before);
    return this.taught;
  }

  /** Back to the model as it was opened. */
  reset(): Taught {
    this.#before.clear();
    this.#return(this.#opened);
    return this.taught;
  }

  #return(weights: Weights): void {
    putWeights(this.#network, weights);
    this.#changed = [...weights].some(([name, values]) => {
      const opened = this.#opened.get(name) as Float32Array;
      return values.some((value, i) => value !== opened[i]);
    });
  }
}

// Training steps in ONNX Runtime: sessions of traced graphs, and Adam over their gradients.
import { flatten, variablesOf } from '@medclipseg/nn';
import { ArrayAdam, clipArraysByGlobalNorm } from '@medclipseg/nn/internal';
import { encodeOnnx, type Graph, type WeightPlacement } from '@medclipseg/onnx';
import { compile, type Session, type TensorData } from '@medclipseg/onnx/node';
import * as tf from '@tensorflow/tfjs-core';
import type { EngineOptions } from '../../engine/engine.ts';
import { defaultThreads } from '../../engine/onnx/onnx-engine.ts';
import { StoredWeights } from '../../engine/onnx/stored-weights.ts';
import { ArgumentError } from '../../errors.ts';
import type { Network } from '../../network.ts';
import { contrast } from '../accumulate.ts';
import { hasFrozenEncoders } from '../backward.ts';
import type { MicroBatch, StepLoss } from '../batch.ts';
import type { DifferentiatedLoss, Evaluation, TrainingEngine, TrainingEngineOptions } from '../engine.ts';
import { sumOfParts } from '../objective.ts';
import { SharedParameters, sharedArrays, type Values } from './shared-parameters.ts';
import {
  type BatchShape,
  evaluationGraph,
  gradientGraph,
  gradientName,
  isGradient,
  prefixGraph,
  type StepGraph,
  vectorsGraph,
} from './step-graphs.ts';

const PREFIX = 'prefix';

type Feeds = Readonly<Record<string, TensorData>>;

interface CompiledStep extends StepGraph {
  readonly session: Session;
  /** What its gradients are written to. */
  readonly into: Readonly<Record<string, Float32Array>>;
}

const float32 = (data: Float32Array, shape: readonly number[]): TensorData => ({ type: 'float32', data, shape });

const dataOf = async (tensor: tf.Tensor): Promise<TensorData> => ({
  type: tensor.dtype as 'float32' | 'int32',
  shape: tensor.shape,
  data: (await tensor.data()) as Float32Array | Int32Array,
});

const floats = (outputs: Feeds, name: string): Float32Array => (outputs[name] as TensorData).data as Float32Array;

const rowsOf = ({ image }: MicroBatch): number => image.shape[0] as number;

/** Computes with ONNX Runtime. Between the steps, tensors are on the current backend of TensorFlow.js. */
export class OnnxTrainingEngine implements TrainingEngine {
  readonly #network: Network;
  readonly #options: TrainingEngineOptions;
  readonly #threads: number;
  readonly #variables: ReadonlyMap<string, tf.Variable>;
  readonly #isFrozen: boolean;
  readonly #adam: ArrayAdam;
  readonly #steps = new Map<string, Promise<CompiledStep>>();
  readonly #parameters: SharedParameters;
  /** Counts the calls of `differentiate`: gradients are valid until the next one. */
  #turn = 0;
  /** The other inputs of the last run. */
  readonly #inputArrays = new Map<string, Float32Array>();
  /** What is frozen, in a file that all sessions map. */
  #weights: StoredWeights | undefined;
  #placement: Promise<WeightPlacement> | undefined;

  constructor(network: Network, options: TrainingEngineOptions, { threads = defaultThreads() }: EngineOptions = {}) {
    this.#network = network;
    this.#options = options;
    this.#threads = threads;
    this.#variables = variablesOf(network.parameters);
    this.#parameters = new SharedParameters(this.#variables);
    this.#isFrozen = hasFrozenEncoders(this.#variables);
    this.#adam = new ArrayAdam(options.optimizer);
  }

  async #storeFrozen(): Promise<WeightPlacement> {
    const frozen = [...flatten(this.#network.parameters)].filter(([name]) => !this.#variables.has(name));
    if (frozen.length === 0) return { kind: 'inline' };
    this.#weights = new StoredWeights();
    const stored = new Map<string, tf.Tensor>();
    for (const [name, tensor] of frozen)
      stored.set(name, this.#weights.put({ shape: tensor.shape, data: (await tensor.data()) as Float32Array }));
    const tensors = this.#weights.ranges(stored);
    tf.dispose([...stored.values()]);
    return { kind: 'stored', file: this.#weights.file, tensors };
  }

  async #compile(graph: Graph): Promise<Session> {
    this.#placement ??= this.#storeFrozen();
    const { model } = await encodeOnnx(graph, { weights: await this.#placement });
    // More optimization takes seconds for the thousands of nodes of a gradient, and gains nothing.
    return compile(model, { folder: this.#weights?.folder, threads: this.#threads, optimization: 'basic' });
  }

  #step(kind: string, shape: BatchShape, make: (prefix?: StepGraph) => StepGraph): Promise<CompiledStep> {
    const key = `${kind} ${Object.values(shape)}`;
    const known = this.#steps.get(key);
    if (known) return known;
    const opened = (async () => {
      const step = make(kind === PREFIX ? undefined : await this.#prefix(shape));
      const session = await this.#compile(step.graph);
      const gradients = session.outputs.filter(({ name }) => isGradient(name));
      const sizes = gradients.map(({ name, shape }) => [name, tf.util.sizeFromShape(shape as number[])] as const);
      return { ...step, session, into: sharedArrays(sizes) };
    })();
    this.#steps.set(key, opened);
    return opened;
  }

  /** With frozen encoders, what is before the first adapter is computed apart. */
  #prefix(shape: BatchShape): Promise<CompiledStep> | undefined {
    return this.#isFrozen ? this.#step(PREFIX, shape, () => prefixGraph(this.#network, shape)) : undefined;
  }

  #shapeOf({ prompts, noise }: MicroBatch): BatchShape {
    const { largestId = 0, used, dropout } = prompts;
    const { vocabulary } = this.#network.config.text;
    if (largestId >= vocabulary)
      throw new ArgumentError(
        'token ids',
        `ids below ${vocabulary}`,
        `${largestId}`,
        'Use the tokenizer of the weights.',
      );
    const length = prompts.ids.shape[1] as number;
    // Masks of dropout are drawn for as many tokens as are used. Elsewhere padding costs less than a session per length.
    return { length, used: dropout ? used : length, noise: noise !== undefined, dropout: dropout !== undefined };
  }

  /** Copies values to shared memory. */
  #share(name: string, { shape, data }: TensorData): TensorData {
    const known = this.#inputArrays.get(name);
    const array = known?.length === data.length ? known : (sharedArrays([[name, data.length]])[name] as Float32Array);
    array.set(data);
    this.#inputArrays.set(name, array);
    return float32(array, shape);
  }

  /** Runs a step on what its graph takes of the given values. Its gradients are valid until it runs again. */
  async #run(
    step: Promise<CompiledStep>,
    part: MicroBatch,
    given: Feeds,
    values: Values,
    signal: AbortSignal | undefined,
  ): Promise<Feeds> {
    const { session, random, into } = await step;
    signal?.throwIfAborted();
    const feeds: Record<string, TensorData> = {};
    const feed = (name: string, value: TensorData) => {
      feeds[name] = value.type === 'float32' ? this.#share(name, value) : value;
    };
    for (const { name } of session.inputs) {
      const value = values.get(name);
      if (value) feeds[name] = float32(value.data, value.shape);
      else if (given[name]) feed(name, given[name]);
    }
    for (const { name, shape, draw } of random) {
      const actual = [rowsOf(part), ...shape.slice(1)];
      const drawn = draw(part, actual);
      if (drawn instanceof Float32Array) feed(name, float32(drawn, actual));
      else if (drawn) {
        feed(name, await dataOf(drawn));
        drawn.dispose();
      }
    }
    return session.run(feeds, { signal, into });
  }

  /** The inputs of a part. With frozen encoders, they end in the tokens before the first adapter. */
  async #inputs(part: MicroBatch, shape: BatchShape, signal: AbortSignal | undefined): Promise<Feeds> {
    const { image, mask, pixels, prompts } = part;
    const given: Feeds = {
      image: pixels ? float32(pixels.image, image.shape) : await dataOf(image),
      mask: pixels ? float32(pixels.mask, mask.shape) : await dataOf(mask),
      token_ids: await dataOf(prompts.ids),
    };
    const prefix = this.#prefix(shape);
    return prefix ? { ...given, ...(await this.#run(prefix, part, given, new Map(), signal)) } : given;
  }

  async differentiate(parts: readonly MicroBatch[], signal?: AbortSignal): Promise<DifferentiatedLoss> {
    const turn = ++this.#turn;
    const values = await this.#parameters.values();
    const [only] = parts;
    const { loss, gradients } =
      parts.length === 1 && only
        ? await this.#differentiateWhole(only, values, signal)
        : await this.#differentiateParts(parts, values, signal);
    const check = () => {
      if (turn !== this.#turn)
        throw new ArgumentError(
          'gradients',
          'those of the last batch',
          'older ones',
          'Use them before the next batch.',
        );
    };
    return {
      loss,
      gradients: async () => {
        check();
        return new Map([...gradients].map(([name, gradient]) => [name, gradient.slice()]));
      },
      apply: ({ learningRate, clipNorm }) => {
        check();
        if (clipNorm !== undefined) clipArraysByGlobalNorm(gradients.values(), clipNorm);
        this.#adam.step(values, gradients, learningRate);
        this.#parameters.assign(values);
      },
      discard() {},
    };
  }

  #gradientsIn(outputs: Feeds): Map<string, Float32Array> {
    // Parameters that the loss does not depend on have none, which Adam reports by name.
    const found = [...this.#variables.keys()].filter((name) => gradientName(name) in outputs);
    return new Map(found.map((name) => [name, floats(outputs, gradientName(name))]));
  }

  #gradientStep(shape: BatchShape, rows: number, isPart: boolean): Promise<CompiledStep> {
    const { loss = {}, recompute } = this.#options;
    return this.#step(`${isPart ? 'part' : 'batch'} of ${rows}`, shape, (prefix) =>
      gradientGraph(this.#network, prefix, shape, rows, { loss, recompute, isPart }),
    );
  }

  async #differentiateWhole(part: MicroBatch, values: Values, signal: AbortSignal | undefined) {
    const shape = this.#shapeOf(part);
    const given = await this.#inputs(part, shape, signal);
    const step = this.#gradientStep(shape, rowsOf(part), false);
    const outputs = await this.#run(step, part, given, values, signal);
    const [total, dice, crossEntropy, contrastive] = floats(outputs, 'terms');
    const loss = { total, dice, crossEntropy, contrastive } as StepLoss;
    return { loss, gradients: this.#gradientsIn(outputs) };
  }

  /** As `accumulatedGradients`: the contrastive loss first, of the vectors of all parts; then each part. */
  async #differentiateParts(parts: readonly MicroBatch[], values: Values, signal: AbortSignal | undefined) {
    const { loss: options = {} } = this.#options;
    const inputs: Feeds[] = [];
    const vectors: { image: tf.Tensor; text: tf.Tensor }[] = [];
    const held: tf.Tensor[] = [];
    try {
      for (const part of parts) {
        const shape = this.#shapeOf(part);
        const given = await this.#inputs(part, shape, signal);
        inputs.push(given);
        const step = this.#step('vectors', shape, (prefix) => vectorsGraph(this.#network, prefix, shape));
        const outputs = await this.#run(step, part, given, values, signal);
        const [image, text] = ['image_vectors', 'text_vectors'].map((name) =>
          tf.tensor(floats(outputs, name), [...(outputs[name] as TensorData).shape]),
        ) as [tf.Tensor, tf.Tensor];
        held.push(image, text);
        vectors.push({ image, text });
      }
      const { value, ofImage, ofText } = contrast(
        vectors.map(({ image }) => image),
        vectors.map(({ text }) => text),
        options,
      );
      held.push(value, ...ofImage, ...ofText);
      const count = parts.reduce((sum, part) => sum + rowsOf(part), 0);
      const sums = { dice: 0, crossEntropy: 0, gradients: new Map<string, Float32Array>() };
      for (const [i, part] of parts.entries()) {
        const step = this.#gradientStep(this.#shapeOf(part), rowsOf(part), true);
        const given = {
          ...inputs[i],
          share: float32(Float32Array.of(rowsOf(part) / count), []),
          contrast_image: await dataOf(ofImage[i] as tf.Tensor),
          contrast_text: await dataOf(ofText[i] as tf.Tensor),
        };
        const outputs = await this.#run(step, part, given, values, signal);
        const [dice, crossEntropy] = floats(outputs, 'terms') as unknown as [number, number];
        sums.dice += dice;
        sums.crossEntropy += crossEntropy;
        for (const [name, gradient] of this.#gradientsIn(outputs)) {
          const sum = sums.gradients.get(name);
          if (!sum) sums.gradients.set(name, gradient.slice());
          else for (let j = 0; j < sum.length; j++) sum[j] = (sum[j] as number) + (gradient[j] as number);
        }
      }
      const [contrastive] = (await value.data()) as unknown as [number];
      return { loss: sumOfParts(sums.dice, sums.crossEntropy, contrastive, options), gradients: sums.gradients };
    } finally {
      tf.dispose(held);
    }
  }

  async evaluate(part: MicroBatch, signal?: AbortSignal): Promise<Evaluation> {
    const shape = this.#shapeOf(part);
    const given = await this.#inputs(part, shape, signal);
    const step = this.#step('evaluation', shape, (prefix) =>
      evaluationGraph(this.#network, prefix, shape, this.#options.loss ?? {}),
    );
    const outputs = await this.#run(step, part, given, await this.#parameters.values(), signal);
    return { logits: floats(outputs, 'logits'), loss: floats(outputs, 'loss')[0] as number };
  }

  saveOptimizer = async () => this.#adam.save();

  restoreOptimizer: TrainingEngine['restoreOptimizer'] = (state) => this.#adam.restore(state, this.#variables);

  async dispose(): Promise<void> {
    const steps = await Promise.allSettled(this.#steps.values());
    this.#steps.clear();
    await Promise.all(steps.map((step) => step.status === 'fulfilled' && step.value.session.dispose()));
    this.#weights?.close();
  }
}

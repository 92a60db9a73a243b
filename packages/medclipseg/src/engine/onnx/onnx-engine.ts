// Computes the network with ONNX Runtime: graphs traced from it, sessions per length of the prompts.
import { availableParallelism } from 'node:os';
import { type TokenRows, tokenRows } from '@medclipseg/clip-encoders/internal';
import { disposeParameters, flatten } from '@medclipseg/nn';
import { encodeOnnx, type Graph } from '@medclipseg/onnx';
import { checkRuntime, compile, type Session, type TensorData } from '@medclipseg/onnx/node';
import type * as tf from '@tensorflow/tfjs-core';
import { ArgumentError } from '../../errors.ts';
import { assembleModel, type Network } from '../../network.ts';
import {
  type Engine,
  type EngineInput,
  type EngineOptions,
  foldWithin,
  type SampleNoise,
  type Start,
} from '../engine.ts';
import { prefixGraph, sampleGraph } from './graphs.ts';
import { SessionCache, type Sessions } from './session-cache.ts';
import { StoredWeights } from './stored-weights.ts';

/** One thread per core; more than 16 do not make one sample faster. */
export const defaultThreads = (): number => Math.min(16, availableParallelism());

/** Bytes of intermediate results up to which larger groups of samples are faster: as on wasm. */
const BUDGET = 2 ** 25;

const float32 = (data: Float32Array, shape: readonly number[]): TensorData => ({ type: 'float32', data, shape });

class OnnxStart implements Start {
  #error: unknown;

  constructor(
    readonly sessions: Sessions,
    readonly inputs: Readonly<Record<string, TensorData>>,
    readonly images: number,
    readonly release: (error: unknown) => void,
  ) {}

  async sample(samples: number, noise?: SampleNoise, signal?: AbortSignal): Promise<Float32Array> {
    const { probability } = await this.outputs(samples, noise, signal);
    return probability as Float32Array;
  }

  /** All outputs of the graph by their names. */
  async outputs(samples: number, noise?: SampleNoise, signal?: AbortSignal): Promise<Record<string, Float32Array>> {
    const rows = samples * this.images;
    const drawn = this.sessions.noise.map(({ name, tokens, width, ...site }) => {
      const values = noise ? noise(site, tokens * width) : new Float32Array(rows * tokens * width);
      return [name, float32(values, [rows, tokens, width])] as const;
    });
    const inputs = { ...this.inputs, ...Object.fromEntries(drawn) };
    const outputs = await this.sessions.sample.run(inputs, { signal }).catch((error) => {
      this.#error = error;
      throw error;
    });
    return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]));
  }

  dispose(): void {
    this.release(this.#error);
  }
}

export interface OnnxEngineOptions extends EngineOptions {
  /** The sample graph also gives logits and features. */
  readonly features?: boolean;
}

/** Owns the weights and the sessions of a network. */
export class OnnxEngine implements Engine {
  readonly kind = 'onnx';
  readonly queues = true;
  readonly threads: number;
  readonly #features?: boolean;
  readonly #precision: EngineOptions['precision'];
  /** Sessions that are open. */
  readonly sessions = new SessionCache((length) => this.#open(length));

  /** @param network whose tensors are in `weights`, which the engine takes over */
  constructor(
    readonly network: Network,
    readonly weights: StoredWeights,
    { threads = defaultThreads(), features, precision }: OnnxEngineOptions = {},
  ) {
    this.threads = threads;
    this.#precision = precision;
    this.#features = features;
  }

  get config() {
    return this.network.config;
  }

  fold = (images: number): number => foldWithin(BUDGET, this.config, images);

  async #compile(graph: Graph): Promise<Session> {
    const { folder, file } = this.weights;
    const tensors = this.weights.ranges(flatten(this.network.parameters));
    const { model } = await encodeOnnx(graph, {
      weights: { kind: 'stored', file, tensors },
      precision: this.#precision,
    });
    return compile(model, { folder, threads: this.threads });
  }

  async #open(length: number): Promise<Sessions> {
    const prefix = prefixGraph(this.network, length);
    const sample = sampleGraph(this.network, prefix, { length, positions: true, features: this.#features });
    const opened = await Promise.allSettled([this.#compile(prefix.graph), this.#compile(sample.graph)]);
    const failed = opened.find((result) => result.status === 'rejected');
    if (!failed) {
      const [first, second] = opened.map((result) => (result as PromiseFulfilledResult<Session>).value);
      return { prefix: first as Session, sample: second as Session, noise: sample.noise };
    }
    await Promise.all(opened.map((result) => result.status === 'fulfilled' && result.value.dispose()));
    throw failed.reason;
  }

  async start({ pixels, tokens, trim }: EngineInput, signal?: AbortSignal): Promise<OnnxStart> {
    const { ids, shape, used, largestId }: TokenRows = tokenRows(tokens, { trim });
    const [images, length] = shape;
    const { vocabulary } = this.config.text;
    if (largestId >= vocabulary)
      throw new ArgumentError(
        'token ids',
        `ids below ${vocabulary}`,
        `${largestId}`,
        'Use the tokenizer of the weights.',
      );
    const sessions = await this.sessions.take(length);
    try {
      signal?.throwIfAborted();
      const size = this.config.vision.imageSize;
      const token_ids: TensorData = { type: 'int32', shape, data: ids };
      const image = float32(pixels, [images, size, size, 3]);
      const start = await sessions.prefix.run({ image, token_ids }, { signal });
      const positions = Int32Array.from({ length: used }, (_, i) => i);
      const token_positions: TensorData = { type: 'int32', shape: [used], data: positions };
      return new OnnxStart(sessions, { ...start, token_ids, token_positions }, images, (error) => {
        void this.sessions.release(length, error);
      });
    } catch (error) {
      await this.sessions.release(length, error);
      throw error;
    }
  }

  async dispose(): Promise<void> {
    await this.sessions.dispose();
    disposeParameters(this.network.parameters);
    this.weights.close();
  }
}

/**
 * An engine for a network whose parameters are tensors: their values are copied into a temporary file. {@link MedCLIPSeg.fromPretrained} makes
 * no tensors on the device `onnx` and needs less memory.
 *
 * @throws {OnnxError} if onnxruntime-node is not installed or does not load; the message says how to install it
 */
export async function onnxEngine(network: Network, options?: OnnxEngineOptions): Promise<OnnxEngine> {
  await checkRuntime();
  const weights = new StoredWeights();
  try {
    const stored = new Map<string, tf.Tensor>();
    for (const [name, tensor] of flatten(network.parameters))
      stored.set(name, weights.put({ shape: tensor.shape, data: (await tensor.data()) as Float32Array }));
    const parameters = assembleModel(network.config, stored);
    return new OnnxEngine({ config: network.config, parameters }, weights, options);
  } catch (error) {
    weights.close();
    throw error;
  }
}

// Computes the network with ONNX Runtime: graphs traced from it, sessions per length of the prompts.
import { availableParallelism } from 'node:os';
import { type TokenRows, tokenRows } from '@medclipseg/clip-encoders/internal';
import { flatten, type NoiseRow } from '@medclipseg/nn';
import { noiseValues } from '@medclipseg/nn/internal';
import { encodeOnnx, type Graph } from '@medclipseg/onnx';
import { compile, type Session, type TensorData } from '@medclipseg/onnx/node';
import { ArgumentError } from '../../errors.ts';
import type { Network } from '../../network.ts';
import {
  type Engine,
  type EngineInput,
  type EngineOptions,
  foldWithin,
  type SampleNoise,
  type Start,
} from '../engine.ts';
import { type NoiseInput, prefixGraph, sampleGraph } from './graphs.ts';
import type { StoredWeights } from './stored-weights.ts';

/** More threads do not make one sample faster. */
const MOST_THREADS = 16;

/** Bytes of intermediate results up to which larger groups of samples are faster: as on wasm. */
const BUDGET = 2 ** 25;

/** The sessions of prompts of one length. */
interface Sessions {
  readonly prefix: Session;
  readonly sample: Session;
  readonly noise: readonly NoiseInput[];
}

const float32 = (data: Float32Array, shape: readonly number[]): TensorData => ({ type: 'float32', data, shape });

class OnnxStart implements Start {
  constructor(
    readonly sessions: Sessions,
    readonly inputs: Readonly<Record<string, TensorData>>,
    readonly images: number,
  ) {}

  async sample(samples: number, drawn?: SampleNoise, signal?: AbortSignal): Promise<Float32Array> {
    const rows = samples * this.images;
    const values = (site: NoiseInput, size: number) =>
      drawn ? noiseValues(drawn.seed, drawn.rows as NoiseRow[], site, size) : new Float32Array(rows * size);
    const noise = this.sessions.noise.map((site) => {
      const { name, tokens, width } = site;
      return [name, float32(values(site, tokens * width), [rows, tokens, width])] as const;
    });
    const inputs = { ...this.inputs, ...Object.fromEntries(noise) };
    const { probability } = await this.sessions.sample.run(inputs, { signal });
    return (probability as TensorData).data as Float32Array;
  }

  dispose(): void {}
}

/** Owns the weights and the sessions of a network. */
export class OnnxEngine implements Engine {
  readonly kind = 'onnx';
  readonly threads: number;
  readonly #sessions = new Map<number, Promise<Sessions>>();

  /** @param network whose tensors are in `weights`, which the engine takes over */
  constructor(
    readonly network: Network,
    readonly weights: StoredWeights,
    { threads = Math.min(MOST_THREADS, availableParallelism()) }: EngineOptions = {},
  ) {
    this.threads = threads;
  }

  get config() {
    return this.network.config;
  }

  fold = (images: number): number => foldWithin(BUDGET, this.config, images);

  async #compile(graph: Graph): Promise<Session> {
    const { folder, file } = this.weights;
    const tensors = this.weights.ranges(flatten(this.network.parameters));
    const { model } = await encodeOnnx(graph, { weights: { kind: 'stored', file, tensors } });
    return compile(model, { folder, threads: this.threads });
  }

  async #open(length: number): Promise<Sessions> {
    const prefix = prefixGraph(this.network, length);
    const sample = sampleGraph(this.network, prefix, length);
    const opened = await Promise.allSettled([this.#compile(prefix.graph), this.#compile(sample.graph)]);
    const failed = opened.find((result) => result.status === 'rejected');
    if (!failed) {
      const [first, second] = opened.map((result) => (result as PromiseFulfilledResult<Session>).value);
      return { prefix: first as Session, sample: second as Session, noise: sample.noise };
    }
    await Promise.all(opened.map((result) => result.status === 'fulfilled' && result.value.dispose()));
    throw failed.reason;
  }

  async start({ pixels, tokens, trim }: EngineInput, signal?: AbortSignal): Promise<Start> {
    const { ids, shape, largestId }: TokenRows = tokenRows(tokens, { trim });
    const [images, length] = shape;
    const { vocabulary } = this.config.text;
    if (largestId >= vocabulary)
      throw new ArgumentError(
        'token ids',
        `ids below ${vocabulary}`,
        `${largestId}`,
        'Use the tokenizer of the weights.',
      );
    const known = this.#sessions.get(length) ?? this.#open(length);
    this.#sessions.set(length, known);
    const sessions = await known.catch((error) => {
      this.#sessions.delete(length);
      throw error;
    });
    signal?.throwIfAborted();
    const size = this.config.vision.imageSize;
    const token_ids: TensorData = { type: 'int32', shape, data: ids };
    const image = float32(pixels, [images, size, size, 3]);
    const start = await sessions.prefix.run({ image, token_ids }, { signal });
    return new OnnxStart(sessions, { ...start, token_ids }, images);
  }

  async dispose(): Promise<void> {
    const all = await Promise.allSettled(this.#sessions.values());
    this.#sessions.clear();
    await Promise.all(
      all.flatMap((result) =>
        result.status === 'fulfilled' ? [result.value.prefix.dispose(), result.value.sample.dispose()] : [],
      ),
    );
    this.weights.close();
  }
}

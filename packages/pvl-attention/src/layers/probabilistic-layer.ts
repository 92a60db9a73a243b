// Base class of the layers: parameters from a spec, and noise that is part of the configuration.
import { counterNoise, initialize, mapParameters, type Noise, noNoise } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers, type Shape } from '@tensorflow/tfjs-layers';
import { expectCount, expectNumber, expectOneOf, PvlAttentionError } from '../errors.ts';

/** When a layer draws noise: always (Monte-Carlo sampling at inference, as published), only while training, or never. */
export type Sampling = 'always' | 'training' | 'never';

export type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

export interface ProbabilisticLayerArgs extends LayerArgs {
  /** Weight of the penalty on uncertain keys. Default: 2.35, as published. */
  readonly beta?: number;
  /** Seed of the starting weights and of the noise. Default: 0. */
  readonly seed?: number;
  /** Default: `always`. */
  readonly sampling?: Sampling;
  /** Distinguishes this layer's noise from that of other layers with the same seed. Default: 0. */
  readonly adapter?: number;
}

const SAMPLINGS: readonly string[] = ['always', 'training', 'never'];

/**
 * A layer whose parameters are a record of the functional form, `P`.
 *
 * Each noisy call is a new Monte-Carlo sample: sample k of row i has the same noise whatever the batch, as `counterNoise` gives it.
 */
export abstract class ProbabilisticLayer<P> extends layers.Layer {
  readonly beta: number | undefined;
  readonly #seed: number;
  readonly #sampling: Sampling;
  readonly #adapter: number;
  #parameters: P | undefined;

  /** Index of the next Monte-Carlo sample; set it to 0 to repeat the samples. */
  sample = 0;

  constructor({ beta, seed = 0, sampling = 'always', adapter = 0, ...args }: ProbabilisticLayerArgs) {
    super(args);
    expectOneOf('sampling', sampling, SAMPLINGS);
    if (beta !== undefined) expectNumber('beta', beta, 0);
    expectNumber('seed', seed);
    expectCount('adapter', adapter, 0);
    this.beta = beta;
    this.#seed = seed;
    this.#sampling = sampling;
    this.#adapter = adapter;
  }

  /** Specs of the parameters for inputs with these last axes. */
  protected abstract specs(widths: readonly number[]): object;

  protected get parameters(): P {
    return this.#parameters as P;
  }

  protected get adapterIndex(): number {
    return this.#adapter;
  }

  override build(inputShape: Shape | Shape[]): void {
    const shapes = inputShape as Shape[];
    if (!Array.isArray(shapes[0]) || shapes.length < 2)
      throw new PvlAttentionError(
        'pvl-attention/shape',
        this.name,
        'two token sequences [B, T, C]',
        'one input',
        'Call apply([first, second]).',
      );
    const widths = shapes.map((shape) => shape.at(-1) as number);
    // The layer's variables get copies of the starting values.
    tf.tidy(() => {
      this.#parameters = mapParameters(initialize(this.specs(widths), this.#seed), (value, name) => {
        const variable = this.addWeight(name, value.shape, 'float32', initializers.zeros());
        variable.write(value);
        return variable.read();
      }) as P;
    });
    super.build(inputShape);
  }

  /** Noise for a batch of `rows`, by the layer's sampling and the `training` flag of the call. */
  protected noise(rows: number, training: unknown): Noise {
    if (this.#sampling === 'never' || (this.#sampling === 'training' && !training)) return noNoise;
    const sample = this.sample++;
    return counterNoise(
      this.#seed,
      Array.from({ length: rows }, (_, image) => ({ image, sample })),
    );
  }

  override getConfig() {
    return {
      ...super.getConfig(),
      ...(this.beta === undefined ? {} : { beta: this.beta }),
      seed: this.#seed,
      sampling: this.#sampling,
      adapter: this.#adapter,
    };
  }
}

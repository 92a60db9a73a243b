// A model ready to segment: images of any size and prompts in, maps at the image's own size out.
import type { Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import {
  applySymmetry,
  applySymmetryToPrompt,
  invertSymmetry,
  normalizePixels,
  type RasterImage,
  resizeLinear,
  SYMMETRIES,
  type Symmetry,
} from '@medclipseg/datasets';
import { disposeParameters, initialize, trainable } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { checkCount } from './arguments.ts';
import type { ModelConfig } from './config.ts';
import { ArgumentError, ModelError } from './errors.ts';
import { type LabelMap, labelMap } from './label-map.ts';
import { initializeModel, type ModelParameters, modelSpec, type Network, TRAINED_PART } from './network.ts';
import type { EncodersReference } from './pretrained/encoders-reference.ts';
import { type Encoders, loadModel, type ModelInfo } from './pretrained/load.ts';
import type { ModelSource } from './pretrained/locate.ts';
import type { PretrainedOptions } from './pretrained/options.ts';
import { type Restoring, restore, type Segmentation } from './restore.ts';
import { type Estimate, type MonteCarloOptions, monteCarlo, type View } from './sampling/index.ts';
import { tokenBatch } from './tokens.ts';

export interface SegmentOptions extends Omit<MonteCarloOptions, 'onSample'>, Restoring {
  /** Key of the image's noise; the same key and seed give the same result. */
  readonly name?: string;
  /** Leaves out the padding behind the prompt: faster, and not what published weights were trained with. */
  readonly trimPadding?: boolean;
  /** Samples take turns at the eight flips and turns of the image, each with its prompt's words of place turned along. */
  readonly dihedral?: boolean;
  /** Sees the running result after each group of samples. */
  readonly onSample?: (done: number, result: Segmentation) => void;
}

export interface LabelOptions extends Omit<SegmentOptions, 'onSample'> {
  /** A pixel whose largest probability is not above it belongs to no class. Default: 0.5. */
  readonly threshold?: number;
}

const [UPRIGHT] = SYMMETRIES as [Symmetry];

export interface ModelOrigin {
  /** Where the model came from, if it was opened by name. */
  readonly info?: ModelInfo;
  /** The frozen encoders, if they come from another file: checkpoints name them instead of holding them. */
  readonly encoders?: EncodersReference;
}

/** Owns the parameters of a network. */
export class MedCLIPSeg {
  #network: Network | undefined;
  readonly info?: ModelInfo;
  readonly encoders?: EncodersReference;

  constructor(
    network: Network,
    readonly tokenizer: Tokenizer,
    { info, encoders = info?.encoders }: ModelOrigin = {},
  ) {
    this.#network = network;
    this.info = info;
    this.encoders = encoders;
  }

  /** @throws {ModelError} after {@link dispose} */
  get network(): Network {
    if (this.#network) return this.#network;
    throw new ModelError('medclipseg/disposed', 'model: expected one in use, got a disposed one. Open it again.');
  }

  /** A new model with random parameters, all of which learn. */
  static create(config: ModelConfig, tokenizer: Tokenizer, { seed = 666 }: { seed?: number } = {}): MedCLIPSeg {
    checkCount('seed', seed);
    const parameters = initializeModel(config, seed);
    return new MedCLIPSeg({ config, parameters: trainable(parameters) }, tokenizer);
  }

  /** A new model on frozen encoders, which it takes over: adapters and decoder are random and learn. */
  static createOn(
    { vision, text, preprocessing, tokenizer, parameters, reference }: Encoders,
    { seed = 666, ...shape }: Pick<ModelConfig, 'adapters' | 'upscaleBlocks'> & { readonly seed?: number },
  ): MedCLIPSeg {
    checkCount('seed', seed);
    const deepest = Math.max(...shape.adapters.layers);
    if (deepest >= vision.layers)
      throw new ArgumentError(
        'adapters.layers',
        `blocks 0 to ${vision.layers - 1} of the encoders`,
        `${deepest}`,
        'Name the blocks that follow an adapter.',
      );
    const config: ModelConfig = { vision, text, preprocessing, ...shape };
    const { vision: _, text: __, ...rest } = modelSpec(config);
    const whole = { ...parameters, ...initialize(rest, seed) } as ModelParameters;
    return new MedCLIPSeg({ config, parameters: trainable(whole, TRAINED_PART) }, tokenizer, { encoders: reference });
  }

  /**
   * Opens a model: `mini`, a checkpoint of this project, or a published one (`.pth` or safetensors, whole or the trained part beside its
   * encoders). `dispose` gives its memory back.
   *
   * @param source an alias, a path (in Node), an address, `owner/name` on the model hub, a Blob or the bytes
   * @throws {CheckpointError} if there is no such model, or if it is not whole
   */
  static async fromPretrained(source: ModelSource, options: PretrainedOptions = {}): Promise<MedCLIPSeg> {
    const { device, wasmPaths, ...loading } = options;
    // Loaded only when asked for: it brings every backend along.
    if (device !== undefined) await (await import('@medclipseg/backends')).selectBackend(device, { wasmPaths });
    const { network, tokenizer, ...info } = await loadModel(source, loading);
    return new MedCLIPSeg(network, tokenizer, { info });
  }

  /** Lets the parameters whose name matches learn, by default adapters and decoder, as published; all others are frozen. */
  unfreeze(names: RegExp = TRAINED_PART): this {
    const { config, parameters } = this.network;
    this.#network = { config, parameters: trainable(parameters, names) };
    return this;
  }

  /** Segments what the prompt tells of. @param image RGB pixels of any size */
  segment(image: RasterImage, prompt: string, options?: SegmentOptions): Promise<Segmentation>;
  /** One result per image; one prompt for all of them, or one for each. An image's result does not depend on the others. */
  segment(
    images: readonly RasterImage[],
    prompts: string | readonly string[],
    options?: SegmentOptions,
  ): Promise<Segmentation[]>;
  async segment(
    images: RasterImage | readonly RasterImage[],
    prompts: string | readonly string[],
    options: SegmentOptions = {},
  ): Promise<Segmentation | Segmentation[]> {
    if ('data' in images) return this.#segmentOne(images, prompts as string, options);
    const promptOf = (i: number) => (typeof prompts === 'string' ? prompts : (prompts[i] as string));
    if (typeof prompts !== 'string' && prompts.length !== images.length)
      throw new ModelError(
        'medclipseg/arguments',
        `segment: expected one prompt or ${images.length}, one per image, got ${prompts.length}. Pass as many prompts as images.`,
      );
    const results: Segmentation[] = [];
    for (const [i, image] of images.entries()) {
      const name = `${options.name ?? 'image'}${i}`;
      results.push(await this.#segmentOne(image, promptOf(i), { ...options, name }));
    }
    return results;
  }

  /**
   * Divides an image among classes, each described by a prompt: a pixel belongs to the class with the largest probability, if that is
   * above the threshold.
   */
  async label(
    image: RasterImage,
    classes: Readonly<Record<string, string>>,
    { threshold = 0.5, ...options }: LabelOptions = {},
  ): Promise<LabelMap> {
    const results: [string, Segmentation][] = [];
    for (const [name, prompt] of Object.entries(classes))
      results.push([name, await this.#segmentOne(image, prompt, options)]);
    return labelMap(new Map(results), threshold);
  }

  async #segmentOne(image: RasterImage, prompt: string, options: SegmentOptions): Promise<Segmentation> {
    const { name = 'image', trimPadding, dihedral, onSample, interpolation, ...sampling } = options;
    const size = this.network.config.vision.imageSize;
    const small = resizeLinear(image, size, size);
    const views: View[] = [];
    const restored = (estimate: Estimate) => restore(estimate, size, image, { interpolation });
    try {
      for (const symmetry of dihedral ? SYMMETRIES : [UPRIGHT])
        views.push(this.#view(small, prompt, symmetry, trimPadding));
      const [estimate] = await monteCarlo(this.network, views, [name], {
        ...sampling,
        onSample: onSample && ((done, estimateOf) => onSample(done, restored(estimateOf(0)))),
      });
      return restored(estimate as Estimate);
    } finally {
      for (const view of views) tf.dispose([view.image, view.prompts.ids]);
    }
  }

  #view(small: RasterImage, prompt: string, symmetry: Symmetry, trim?: boolean): View {
    const size = small.width;
    const ids = this.tokenizer.encode(applySymmetryToPrompt(prompt, symmetry));
    const pixels = new Float32Array(size * size * 3);
    normalizePixels(applySymmetry(small, symmetry), this.network.config.preprocessing, pixels);
    return {
      prompts: tokenBatch([ids], { trim }),
      image: tf.tensor4d(pixels, [1, size, size, 3]),
      undo: symmetry === UPRIGHT ? undefined : (map) => invertSymmetry(map, size, symmetry),
    };
  }

  /** Frees the memory of the parameters. */
  dispose(): void {
    if (this.#network) disposeParameters(this.#network.parameters);
    this.#network = undefined;
  }
}

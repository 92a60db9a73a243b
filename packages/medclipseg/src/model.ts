// A model: images of any size and prompts in, maps at the size of the image out.
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
import { disposeParameters, freeze, initialize, mapParameters, trainable } from '@medclipseg/nn';
import * as tf from '@tensorflow/tfjs-core';
import { loadOnnx } from '#platform';
import { checkCount } from './arguments.ts';
import type { ModelConfig } from './config.ts';
import { currentOnnx, ensureDevice, selectDevice } from './device.ts';
import type { Engine, EngineOptions } from './engine/engine.ts';
import { tfjsEngine } from './engine/tfjs.ts';
import { ArgumentError, ModelError } from './errors.ts';
import { initializeModel, type ModelParameters, modelSpec, type Network, TRAINABLE_PARAMETERS } from './network.ts';
import type { EncodersReference } from './pretrained/encoders-reference.ts';
import {
  type Encoders,
  type LoadOptions,
  loadModel,
  type ModelInfo,
  type PretrainedOptions,
} from './pretrained/load.ts';
import type { ModelSource } from './pretrained/locate.ts';
import { type MonteCarloOptions, monteCarlo, type View } from './sampling/monte-carlo.ts';
import type { Estimate } from './sampling/running-mean.ts';
import { checkPrompt, checkSegmentOptions, type SegmentImage, toRgb } from './segment-inputs.ts';
import {
  type LabelMap,
  labelMap,
  MOST_CLASSES,
  type RestoreOptions,
  restore,
  type Segmentation,
} from './segmentation.ts';

export interface SegmentOptions extends Omit<MonteCarloOptions, 'onSample'>, RestoreOptions {
  /** Key of the image's noise; the same key and seed give the same result. Default: `image`. */
  readonly name?: string;
  /** Leaves out the padding after the prompt: faster, but published weights were trained with it. */
  readonly trimPadding?: boolean;
  /** Samples cycle through the eight symmetries of the image; the words of place in the prompt are transformed accordingly. */
  readonly dihedral?: boolean;
  /** Called with the running result after each group of samples. */
  readonly onSample?: (done: number, result: Segmentation) => void;
}

export interface LabelOptions extends Omit<SegmentOptions, 'onSample'> {
  /** A pixel whose largest probability is not above this value belongs to no class. Default: 0.5. */
  readonly threshold?: number;
}

const [UPRIGHT] = SYMMETRIES as [Symmetry];

export interface ModelOrigin {
  /** Where the model came from, if it was opened by name. */
  readonly info?: ModelInfo;
  /** The frozen encoders, if they come from another file: checkpoints name them instead of holding them. */
  readonly encoders?: EncodersReference;
  /** What computes the network; the model takes it over. Default: TensorFlow.js on its current backend. */
  readonly engine?: Engine;
}

/** The weights of a network that are in a file, as tensors of the current backend. */
const loadedNetwork = ({ config, parameters }: Network): Network => ({
  config,
  // At once, since the property that needs them is not a promise.
  parameters: freeze(mapParameters(parameters, (tensor) => tf.tensor(tensor.dataSync(), [...tensor.shape]))),
});

/** Opens a model whose weights stay in a file that ONNX Runtime maps. */
async function openOnOnnx(source: ModelSource, loading: LoadOptions, options: EngineOptions): Promise<MedCLIPSeg> {
  const runtime = await loadOnnx();
  const weights = runtime.createWeights();
  try {
    const { network, tokenizer, ...info } = await loadModel(source, loading, (value) => weights.put(value));
    return new MedCLIPSeg(network, tokenizer, { info, engine: runtime.createEngine(network, weights, options) });
  } catch (error) {
    weights.close();
    throw error;
  }
}

/** Owns the parameters of a network. */
export class MedCLIPSeg {
  #network: Network;
  #engine: Engine;
  /** The tensors of the network, if they differ from those of the engine. */
  #loaded: Network | undefined;
  #disposed = false;
  /** Whether ONNX Runtime was the current device when the model was made; a training uses it then, too. */
  readonly device: Engine['kind'];
  readonly info?: ModelInfo;
  readonly encoders?: EncodersReference;

  constructor(
    network: Network,
    readonly tokenizer: Tokenizer,
    { info, encoders = info?.encoders, engine }: ModelOrigin = {},
  ) {
    this.#network = network;
    this.#engine = engine ?? tfjsEngine(network);
    this.device = engine?.kind ?? (currentOnnx() ? 'onnx' : 'tfjs');
    this.info = info;
    this.encoders = encoders;
  }

  /**
   * Configuration and parameters. On the device `onnx` the weights stay in a file; the first read of this property loads them into
   * TensorFlow.js as well. {@link config} needs no weights.
   *
   * @throws {ModelError} after {@link dispose}
   */
  get network(): Network {
    this.#checkUsable();
    if (this.#engine.kind === 'tfjs') return this.#network;
    this.#loaded ??= loadedNetwork(this.#network);
    return this.#loaded;
  }

  /** @throws {ModelError} after {@link dispose} */
  get config(): ModelConfig {
    this.#checkUsable();
    return this.#network.config;
  }

  /** What computes {@link segment}. */
  get engine(): Engine {
    this.#checkUsable();
    return this.#engine;
  }

  #checkUsable(): void {
    if (this.#disposed)
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
    { seed = 666, ...shape }: Pick<ModelConfig, 'adapters' | 'upscaleBlocks' | 'skips'> & { readonly seed?: number },
  ): MedCLIPSeg {
    checkCount('seed', seed);
    const deepest = Math.max(-1, ...shape.adapters.layers);
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
    return new MedCLIPSeg({ config, parameters: trainable(whole, TRAINABLE_PARAMETERS) }, tokenizer, {
      encoders: reference,
    });
  }

  /**
   * Opens a model: `mini`, a checkpoint of this project, or a published one (`.pth` or safetensors, complete or the trained part with
   * `encoders`). {@link dispose} frees its memory.
   *
   * @param source an alias, a path (in Node), an address, a model on the hub, a Blob or bytes
   * @throws {CheckpointError} if there is no such model, or if it is incomplete
   * @throws {TokenizerError} if a published checkpoint comes without its tokenizer
   *
   * @example
   * const mini = await MedCLIPSeg.fromPretrained('mini');
   * mini.info?.format; // 'medclipseg'
   * const released = await MedCLIPSeg.fromPretrained('TahaKoleilat/MedCLIPSeg/Kvasir');
   * released.info?.format; // 'published'
   */
  static async fromPretrained(source: ModelSource, options: PretrainedOptions = {}): Promise<MedCLIPSeg> {
    const { device, wasmPaths, threads, precision, ...loading } = options;
    await (device === undefined
      ? ensureDevice({ wasmPaths, threads, precision })
      : selectDevice(device, { wasmPaths, threads, precision }));
    const onnx = currentOnnx();
    if (onnx)
      return openOnOnnx(source, loading, {
        threads: threads ?? onnx.threads,
        precision: precision ?? onnx.precision,
      });
    const { network, tokenizer, ...info } = await loadModel(source, loading);
    return new MedCLIPSeg(network, tokenizer, { info });
  }

  /** Lets the parameters whose name matches learn, by default adapters and decoder, as published; all others are frozen. */
  unfreeze(names: RegExp = TRAINABLE_PARAMETERS): this {
    const { config, parameters } = this.network;
    const [stored, engine] = [this.#network, this.#engine];
    this.#network = { config, parameters: trainable(parameters, names) };
    this.#engine = tfjsEngine(this.#network);
    this.#loaded = undefined;
    if (engine.kind === 'onnx') {
      disposeParameters(stored.parameters);
      void engine.dispose();
    }
    return this;
  }

  /**
   * Segments the structure described by the prompt.
   *
   * @param image 8-bit pixels of any size: gray, RGB, or RGBA such as a canvas's `ImageData`
   * @throws {ArgumentError} for pixels, prompts and options that do not fit
   *
   * @example
   * const { mask, probability, uncertainty } = await model.segment(image, 'one small polyp in the upper left', { samples: 30 });
   * mask.length === image.width * image.height; // true
   */
  segment(image: SegmentImage, prompt: string, options?: SegmentOptions): Promise<Segmentation>;
  /** One result per image; one prompt for all of them, or one for each. An image's result does not depend on the others. */
  segment(
    images: readonly SegmentImage[],
    prompts: string | readonly string[],
    options?: SegmentOptions,
  ): Promise<Segmentation[]>;
  async segment(
    images: SegmentImage | readonly SegmentImage[],
    prompts: string | readonly string[],
    options: SegmentOptions = {},
  ): Promise<Segmentation | Segmentation[]> {
    checkSegmentOptions(options);
    if (!Array.isArray(images)) {
      checkPrompt(prompts);
      return this.#segmentOne(toRgb(images as SegmentImage), prompts, options);
    }
    const promptOf = (i: number) => (Array.isArray(prompts) ? prompts[i] : prompts) as string;
    if (Array.isArray(prompts) && prompts.length !== images.length)
      throw new ArgumentError(
        'prompts',
        `one prompt or ${images.length}, one per image`,
        `${prompts.length}`,
        'Pass as many prompts as images.',
      );
    // All of them, before the first is computed.
    const checked = images.map((image, i) => {
      checkPrompt(promptOf(i), Array.isArray(prompts) ? `prompts[${i}]` : 'prompt');
      return toRgb(image, `images[${i}]`);
    });
    const results: Segmentation[] = [];
    for (const [i, image] of checked.entries()) {
      const name = `${options.name ?? 'image'}${i}`;
      results.push(await this.#segmentOne(image, promptOf(i), { ...options, name }));
    }
    return results;
  }

  /**
   * Divides an image among classes, each described by a prompt: a pixel belongs to the class with the largest probability, if that is
   * above the threshold.
   *
   * @throws {ArgumentError} for pixels, prompts and options that do not fit
   *
   * @example
   * const { labels, classes } = await model.label(image, { polyp: 'one polyp in the center', tool: 'one instrument in the left' });
   * classes[labels[0] - 1]; // the class of the first pixel; labels[0] is 0 if it belongs to none
   */
  async label(
    image: SegmentImage,
    classes: Readonly<Record<string, string>>,
    options: LabelOptions = {},
  ): Promise<LabelMap> {
    checkSegmentOptions(options, { hasThreshold: true });
    const { threshold = 0.5, ...sampling } = options;
    checkCount('number of classes', Object.keys(classes).length, 1, MOST_CLASSES);
    for (const [name, prompt] of Object.entries(classes)) checkPrompt(prompt, `classes.${name}`);
    const rgb = toRgb(image);
    const results = new Map<string, Segmentation>();
    for (const [name, prompt] of Object.entries(classes))
      results.set(name, await this.#segmentOne(rgb, prompt, sampling));
    return labelMap(results, threshold);
  }

  async #segmentOne(image: RasterImage, prompt: string, options: SegmentOptions): Promise<Segmentation> {
    const { engine } = this;
    const { name = 'image', trimPadding, dihedral, onSample, interpolation, ...sampling } = options;
    const size = engine.config.vision.imageSize;
    const small = resizeLinear(image, size, size);
    const restored = (estimate: Estimate) => restore(estimate, size, image, { interpolation });
    const views = (dihedral ? SYMMETRIES : [UPRIGHT]).map((symmetry) =>
      this.#view(small, prompt, symmetry, trimPadding),
    );
    const [estimate] = await monteCarlo(engine, views, [name], {
      ...sampling,
      // Without adapters there is no noise: all samples are the same.
      ...(engine.config.adapters.layers.length === 0 && { samples: 0, stopWhen: undefined }),
      onSample: onSample && ((done, estimateOf) => onSample(done, restored(estimateOf(0)))),
    });
    return restored(estimate as Estimate);
  }

  #view(small: RasterImage, prompt: string, symmetry: Symmetry, trim?: boolean): View {
    const size = small.width;
    const pixels = new Float32Array(size * size * 3);
    normalizePixels(applySymmetry(small, symmetry), this.config.preprocessing, pixels);
    return {
      pixels,
      tokens: [this.tokenizer.encode(applySymmetryToPrompt(prompt, symmetry))],
      trim,
      undo: symmetry === UPRIGHT ? undefined : (map) => invertSymmetry(map, size, symmetry),
    };
  }

  /** Frees the memory of the parameters, and ends the threads of the device `onnx`. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    disposeParameters(this.#network.parameters);
    if (this.#loaded) disposeParameters(this.#loaded.parameters);
    await this.#engine.dispose();
  }
}

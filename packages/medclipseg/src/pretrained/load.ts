// Opens a model for prediction: a checkpoint of this project or of the published program.
import type { Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { disposeParameters, flatten, freeze } from '@medclipseg/nn';
import { openTensors, type TensorFile } from '@medclipseg/weights';
import type { ModelConfig } from '../config.ts';
import type { DeviceName, DeviceOptions } from '../device.ts';
import { CheckpointError } from '../errors.ts';
import type { Network } from '../network.ts';
import type { TrainingProgress } from '../training/plan.ts';
import { descriptionOf, isOwn, isWhole, readParameters, type Upload, uploadTensor } from './checkpoint.ts';
import { checkEncoders, type EncoderParameters, type EncodersReference, hashEncoders } from './encoders-reference.ts';
import { locate, type ModelSource } from './locate.ts';
import type { Place, PlaceOptions } from './place.ts';
import type { PublishedOptions } from './published.ts';

/** Where a model came from. */
export interface ModelInfo {
  /** The file's path, address or name. */
  readonly path: string;
  /** Which program wrote the file: this project, or the published one. */
  readonly format: 'medclipseg' | 'published';
  /** Progress of its training; published files do not contain it. */
  readonly progress?: TrainingProgress;
  /** The frozen encoders of another file that it was trained on. */
  readonly encoders?: EncodersReference;
  /** Other metadata of the file. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface LoadedModel extends ModelInfo {
  /** Its parameters are frozen. The caller disposes them. */
  readonly network: Network;
  readonly tokenizer: Tokenizer;
}

/** How {@link MedCLIPSeg.fromPretrained} opens a model. */
export interface PretrainedOptions extends LoadOptions, DeviceOptions {
  /** What computes. Default: the current device; if there is none, the best that works. */
  readonly device?: DeviceName | 'auto';
}

/** How a model is found, and what a published checkpoint does not contain. */
export interface LoadOptions extends PlaceOptions, PublishedOptions {}

/** Encoders with everything that belongs to them, to build a new model on. */
export interface Encoders extends Pick<ModelConfig, 'vision' | 'text' | 'preprocessing'> {
  readonly tokenizer: Tokenizer;
  readonly parameters: EncoderParameters;
  /** How a checkpoint names them; encoders of bytes in memory cannot be named. */
  readonly reference?: EncodersReference;
}

/** The encoders that a checkpoint names, or those given instead. */
async function namedEncoders(
  path: string,
  tokenizer: Tokenizer,
  reference: EncodersReference | undefined,
  options: LoadOptions,
  upload: Upload,
): Promise<EncoderParameters> {
  if (!reference)
    throw new CheckpointError(path, 'encoders, or the name of their file', 'neither', 'Save the checkpoint again.');
  const { source, revision, family } = reference;
  const asked = options.encoders ?? source;
  const encoders = await openEncoders(asked, { revision, family, ...options, tokenizer }, upload).catch((cause) => {
    if (options.signal?.aborted) throw cause;
    throw new CheckpointError(
      path,
      `the encoders it was trained on, ${source} with SHA-256 ${reference.sha256}`,
      `an error: ${cause instanceof Error ? cause.message : cause}`,
      'Name their file with `encoders` (on the command line --encoders).',
      { cause },
    );
  });
  try {
    const name = typeof asked === 'string' ? asked : 'the file given';
    checkEncoders(path, reference, await hashEncoders(encoders.parameters), name);
    return encoders.parameters;
  } catch (error) {
    disposeParameters(encoders.parameters);
    throw error;
  }
}

async function openOwn(path: string, file: TensorFile, options: LoadOptions, upload: Upload): Promise<LoadedModel> {
  const { config, ...description } = descriptionOf(file);
  const encoders = isWhole(file)
    ? undefined
    : await namedEncoders(path, description.tokenizer, description.encoders, options, upload);
  try {
    const parameters = freeze(await readParameters(path, config, file, encoders && flatten(encoders), upload));
    return { network: { config, parameters }, path, format: 'medclipseg', ...description };
  } catch (error) {
    if (encoders) disposeParameters(encoders);
    throw error;
  }
}

async function open(place: Place, file: TensorFile, options: LoadOptions, upload: Upload): Promise<LoadedModel> {
  const path = place.name;
  if (isOwn(file)) return openOwn(path, file, options, upload);
  // Pages that open this project's own checkpoints never download what the formats of others need.
  const { openPublished } = await import('./published.ts');
  const { network, tokenizer } = await openPublished(place, file, options, upload);
  freeze(network.parameters);
  return { network, tokenizer, path, format: 'published', metadata: file.metadata };
}

const locateModel = (source: ModelSource, options: LoadOptions): Promise<Place> =>
  locate(source, {
    ...options,
    beforeDownload: async (path, siblings) =>
      (await import('./tokenizer.ts')).prepareTokenizer(path, siblings, options),
  });

/**
 * Opens a model for prediction; {@link MedCLIPSeg.fromPretrained} wraps it.
 *
 * @param options also what a published checkpoint does not contain
 * @param upload makes the tensors of the parameters; by default on the current backend
 * @throws {CheckpointError} if there is none, or if it is incomplete
 */
export async function loadModel(
  source: ModelSource,
  options: LoadOptions = {},
  upload: Upload = uploadTensor,
): Promise<LoadedModel> {
  const place = await locateModel(source, options);
  try {
    return await open(place, await openTensors(place.source), options, upload);
  } finally {
    await place.source.close();
  }
}

/** The encoders of an open file. */
async function encodersIn(place: Place, file: TensorFile, options: LoadOptions, upload: Upload): Promise<Encoders> {
  const { origin, name } = place;
  const { family, revision } = options;
  const referenceTo = async (parameters: EncoderParameters): Promise<EncodersReference | undefined> =>
    origin === undefined ? undefined : { source: origin, sha256: await hashEncoders(parameters), family, revision };
  if (isOwn(file)) {
    const { network, tokenizer, encoders } = await openOwn(name, file, options, upload);
    const { vision, text, ...others } = network.parameters;
    disposeParameters(others);
    const { preprocessing, vision: image, text: prompt } = network.config;
    const parameters = { vision, text };
    // Frozen encoders of that model have a name already.
    const reference = encoders ?? (await referenceTo(parameters));
    return { vision: image, text: prompt, preprocessing, tokenizer, parameters, reference };
  }
  const [{ openTowers, towersIn }, { tokenizerFor }] = await Promise.all([
    import('./published.ts'),
    import('./tokenizer.ts'),
  ]);
  const { family: found, config } = towersIn(file, options);
  const tokenizer = await tokenizerFor(config, found, [place], options);
  const { parameters } = await openTowers(file, options, upload);
  return { ...config, tokenizer, parameters: freeze(parameters), reference: await referenceTo(parameters) };
}

/** As {@link loadEncoders}. @param upload makes the tensors of the parameters */
async function openEncoders(source: ModelSource, options: LoadOptions, upload: Upload): Promise<Encoders> {
  const place = await locateModel(source, options);
  try {
    return await encodersIn(place, await openTensors(place.source), options, upload);
  } finally {
    await place.source.close();
  }
}

/** The encoders of a model, a published checkpoint or a file of their makers, frozen. The caller disposes their parameters. */
export const loadEncoders = (source: ModelSource, options: LoadOptions = {}): Promise<Encoders> =>
  openEncoders(source, options, uploadTensor);

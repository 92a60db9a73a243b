// Opens a model for prediction, whoever wrote it.
import type { Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { disposeParameters, flatten, freeze } from '@medclipseg/nn';
import { openTensors, type TensorFile } from '@medclipseg/weights';
import {
  checkEncoders,
  type EncoderParameters,
  type EncodersReference,
  hashOf,
} from '../checkpoints/encoders-reference.ts';
import { tokenizerFor } from '../checkpoints/find-tokenizer.ts';
import { descriptionOf, isOwn, isWhole, refuse } from '../checkpoints/format.ts';
import { findPublished, openPublished, openTowers, type PublishedOptions } from '../checkpoints/published.ts';
import { readParameters } from '../checkpoints/read-parameters.ts';
import type { ModelConfig } from '../config.ts';
import { CheckpointError } from '../errors.ts';
import type { Network } from '../network.ts';
import type { Place, PlaceOptions } from '../platform/place.ts';
import type { TrainingProgress } from '../training/plan.ts';
import { locate, type ModelSource } from './locate.ts';

/** Where a model came from. */
export interface ModelInfo {
  /** The file's path, address or name. */
  readonly path: string;
  /** Whether this project wrote the file, or the published training program. */
  readonly format: 'medclipseg' | 'published';
  /** Where its training stood; a published file does not say. */
  readonly progress?: TrainingProgress;
  /** The encoders it was trained on, if they did not learn. */
  readonly encoders?: EncodersReference;
  /** What else the file says. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface LoadedModel extends ModelInfo {
  /** Its parameters are frozen, and the caller's to dispose. */
  readonly network: Network;
  readonly tokenizer: Tokenizer;
}

export interface LoadOptions extends PlaceOptions, PublishedOptions {}

/** What a model takes over from another: its encoders, and what belongs to them. */
export interface Encoders extends Pick<ModelConfig, 'vision' | 'text' | 'preprocessing'> {
  readonly tokenizer: Tokenizer;
  readonly parameters: EncoderParameters;
  /** By what a checkpoint names them; encoders of bytes in memory cannot be named. */
  readonly reference?: EncodersReference;
}

/** The encoders that a checkpoint names, or those that are named for it. */
async function namedEncoders(
  path: string,
  tokenizer: Tokenizer,
  reference: EncodersReference | undefined,
  options: LoadOptions,
): Promise<EncoderParameters> {
  if (!reference)
    throw new CheckpointError(path, 'encoders, or the name of their file', 'neither', 'Write the checkpoint anew.');
  const { source, revision, family } = reference;
  const asked = options.encoders ?? source;
  const encoders = await loadEncoders(asked, { revision, family, ...options, tokenizer }).catch((cause) => {
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
    checkEncoders(path, reference, await hashOf(encoders.parameters), name);
    return encoders.parameters;
  } catch (error) {
    disposeParameters(encoders.parameters);
    throw error;
  }
}

async function openOwn(path: string, file: TensorFile, options: LoadOptions): Promise<LoadedModel> {
  const { config, ...description } = descriptionOf(file);
  const encoders = isWhole(file)
    ? undefined
    : await namedEncoders(path, description.tokenizer, description.encoders, options);
  try {
    const parameters = freeze(await readParameters(path, config, file, encoders && flatten(encoders)));
    return { network: { config, parameters }, path, format: 'medclipseg', ...description };
  } catch (error) {
    if (encoders) disposeParameters(encoders);
    throw error;
  }
}

async function open(place: Place, file: TensorFile, options: LoadOptions): Promise<LoadedModel> {
  const path = place.name;
  if (isOwn(file)) return openOwn(path, file, options);
  const { network, tokenizer } = await openPublished(place, findPublished(file) ?? refuse(path, file), options);
  freeze(network.parameters);
  return { network, tokenizer, path, format: 'published', metadata: file.metadata };
}

/**
 * Opens a checkpoint, the best one of a folder, `mini`, or a published checkpoint, for prediction.
 *
 * @param options also what a published checkpoint does not say
 * @throws {CheckpointError} if there is none, or if it is not whole
 */
export async function loadModel(source: ModelSource, options: LoadOptions = {}): Promise<LoadedModel> {
  const place = await locate(source, options);
  try {
    return await open(place, await openTensors(place.source), options);
  } finally {
    await place.source.close();
  }
}

/** The encoders of an open file, and how they are named. */
async function encodersIn(place: Place, file: TensorFile, options: LoadOptions): Promise<Encoders> {
  const { origin, name } = place;
  const { family, revision } = options;
  const referenceTo = async (parameters: EncoderParameters): Promise<EncodersReference | undefined> =>
    origin === undefined ? undefined : { source: origin, sha256: await hashOf(parameters), family, revision };
  if (isOwn(file)) {
    const { network, tokenizer, encoders } = await openOwn(name, file, options);
    const { vision, text, ...others } = network.parameters;
    disposeParameters(others);
    const { preprocessing, vision: image, text: prompt } = network.config;
    const parameters = { vision, text };
    // Where that model's encoders had not learned, they have a name already.
    const reference = encoders ?? (await referenceTo(parameters));
    return { vision: image, text: prompt, preprocessing, tokenizer, parameters, reference };
  }
  const { config, parameters } = await openTowers(file, options);
  try {
    const tokenizer = await tokenizerFor(config, [place], options);
    return { ...config, tokenizer, parameters: freeze(parameters), reference: await referenceTo(parameters) };
  } catch (error) {
    disposeParameters(parameters);
    throw error;
  }
}

/** The encoders of a model, a published checkpoint or a file of their makers, frozen. */
export async function loadEncoders(source: ModelSource, options: LoadOptions = {}): Promise<Encoders> {
  const place = await locate(source, options);
  try {
    return await encodersIn(place, await openTensors(place.source), options);
  } finally {
    await place.source.close();
  }
}

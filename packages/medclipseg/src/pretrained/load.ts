// Opens a model for prediction, whoever wrote it.
import type { Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { disposeParameters, freeze } from '@medclipseg/nn';
import { openTensors, type TensorFile } from '@medclipseg/weights';
import { descriptionOf, isOwn, readParameters, refuse } from '../checkpoints/format.ts';
import { findPublished, openPublished, type PublishedOptions } from '../checkpoints/published.ts';
import type { ModelConfig } from '../config.ts';
import type { ModelParameters, Network } from '../network.ts';
import type { Place, PlaceOptions } from '../platform/place.ts';
import type { Progress } from '../training/plan.ts';
import { locate, type ModelSource } from './locate.ts';

/** Where a model came from. */
export interface ModelInfo {
  /** The file's path, address or name. */
  readonly path: string;
  /** Whether this project wrote the file, or the published training program. */
  readonly format: 'medclipseg' | 'published';
  /** Where its training stood; a published file does not say. */
  readonly progress?: Progress;
  /** What else the file says. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface LoadedModel extends ModelInfo {
  /** Its parameters are frozen, and the caller's to dispose. */
  readonly network: Network;
  readonly tokenizer: Tokenizer;
}

export interface LoadOptions extends PlaceOptions, PublishedOptions {}

async function open(place: Place, file: TensorFile, options: LoadOptions): Promise<LoadedModel> {
  const path = place.name;
  if (isOwn(file)) {
    const { config, ...description } = descriptionOf(file);
    const network = { config, parameters: freeze(await readParameters(path, config, file)) };
    return { network, path, format: 'medclipseg', ...description };
  }
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

/** What a model takes over from another: its encoders, and what belongs to them. */
export interface Encoders extends Pick<ModelConfig, 'vision' | 'text' | 'preprocessing'> {
  readonly tokenizer: Tokenizer;
  readonly parameters: Pick<ModelParameters, 'vision' | 'text'>;
}

/** The encoders of a checkpoint, frozen. */
export async function loadEncoders(source: ModelSource, options: LoadOptions = {}): Promise<Encoders> {
  const { network, tokenizer } = await loadModel(source, options);
  const { vision, text, ...others } = network.parameters;
  disposeParameters(others as never);
  const { preprocessing, vision: image, text: sentence } = network.config;
  return { vision: image, text: sentence, preprocessing, tokenizer, parameters: { vision, text } };
}

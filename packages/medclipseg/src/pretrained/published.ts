// Checkpoints of the published training program (`.pth`): complete, or the trained part next to the encoders' own file.
import { type Family, type FamilyName, families, openClip } from '@medclipseg/clip-encoders';
import { type EncoderConfigs, encoderConfigs, findEncoders } from '@medclipseg/clip-encoders/internal';
import type { Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { disposeParameters, flatten, shapesOf } from '@medclipseg/nn';
import { DEFAULT_BETA } from '@medclipseg/pvl-attention';
import { openTensors, readMapped, type TensorFile, unwrapped } from '@medclipseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.ts';
import { CheckpointError } from '../errors.ts';
import { checkpointKeys, trainedKeys } from '../keys.ts';
import { assembleModel, modelSpec, type Network } from '../network.ts';
import { refuse, type Upload, uploadTensor } from './checkpoint.ts';
import type { EncoderParameters } from './encoders-reference.ts';
import { locate, type ModelSource } from './locate.ts';
import type { Place, PlaceOptions } from './place.ts';
import { type TokenizerOptions, tokenizerFor } from './tokenizer.ts';

/** What a published file does not contain. */
export interface PublishedOptions extends Pick<TokenizerOptions, 'tokenizer'> {
  /** The encoders' own file, for a checkpoint of the trained part. */
  readonly encoders?: ModelSource;
  /** Needed only for `pubmedclip`, whose files look like those of `clip`. */
  readonly family?: FamilyName;
  /** Blocks that follow an adapter (published: 1 to 10). */
  readonly layers?: readonly number[];
  /** Attention heads; 64 channels each by default. */
  readonly heads?: { readonly image: number; readonly text: number };
}

const MARKER = 'pvl_adapters.0.proj_vis_down.0.weight';
const UPSCALE = 'upscale.0.conv1.weight';
const TRAINED = /^(pvl_adapters|upscale|mask_head)\./;

/** The part of a file that holds a published model, under the names of the reference. */
export const findPublished = (file: TensorFile): TensorFile | undefined =>
  unwrapped(file).find(({ tensors }) => tensors.has(MARKER));

/** Length of a list of modules. @param first name of a tensor in its element 0 */
function count({ tensors }: TensorFile, first: string): number {
  let n = 0;
  while (tensors.has(first.replace('.0.', `.${n}.`))) n++;
  return n;
}

type EncoderConfig = Pick<ModelConfig, 'vision' | 'text' | 'preprocessing'>;

/** The towers of a family, with MedCLIPSeg's preprocessing. */
function encoderConfig(
  family: FamilyName,
  { vision, text }: EncoderConfigs,
  { heads }: Pick<PublishedOptions, 'heads'>,
): EncoderConfig {
  return {
    vision: { ...vision, heads: heads?.image ?? vision.heads },
    text: { ...text, heads: heads?.text ?? text.heads },
    preprocessing: families[family].preprocessing,
  };
}

function configOf(
  path: string,
  weights: TensorFile,
  encoders: EncoderConfig,
  { layers }: Pick<PublishedOptions, 'layers'>,
): ModelConfig {
  const adapters = count(weights, MARKER);
  const places = layers ?? Array.from({ length: adapters }, (_, i) => i + 1);
  if (places.length !== adapters)
    throw new CheckpointError(
      path,
      `${adapters} layers, one per adapter`,
      `${places.length}`,
      'Give one of `layers` for each adapter.',
    );
  return {
    ...encoders,
    adapters: {
      width: weights.tensors.get(MARKER)?.shape[0] as number,
      layers: places,
      beta: DEFAULT_BETA,
      gate: 0,
    },
    upscaleBlocks: count(weights, UPSCALE),
  };
}

/** Configuration and parameters of the towers in a file that their makers or the published program wrote. */
export async function openTowers(
  file: TensorFile,
  options: Pick<PublishedOptions, 'family' | 'heads'>,
  upload: Upload = uploadTensor,
): Promise<{ family: FamilyName; config: EncoderConfig; parameters: EncoderParameters }> {
  const { config, parameters } = await openClip(file, { ...options, upload });
  const { logitScale, ...towers } = parameters;
  disposeParameters({ logitScale });
  return { family: config.family, config: encoderConfig(config.family, config, options), parameters: towers };
}

/** Configuration of the towers in a file; nothing large is read. */
export function towersIn(
  file: TensorFile,
  options: Pick<PublishedOptions, 'family' | 'heads'>,
): { family: FamilyName; config: EncoderConfig } {
  const { family, layout, weights } = findEncoders(file, options.family);
  return { family, config: encoderConfig(family, encoderConfigs(family, weights, layout.keys), options) };
}

/** Frees the tensors that were made if one of them fails. */
async function uploading<T>(upload: Upload, work: (upload: Upload) => Promise<T>): Promise<T> {
  const made: tf.Tensor[] = [];
  try {
    return await work((value) => {
      const tensor = upload(value);
      made.push(tensor);
      return tensor;
    });
  } catch (error) {
    tf.dispose(made);
    throw error;
  }
}

const shapesFor = (config: ModelConfig) => shapesOf(modelSpec(config));

const networkOf = (config: ModelConfig, tensors: ReadonlyMap<string, tf.Tensor>): Network => ({
  config,
  parameters: assembleModel(config, tensors),
});

/** A checkpoint that holds the encoders as well. */
async function openWhole(
  place: Place,
  weights: TensorFile,
  options: OpenPublishedOptions,
  upload: Upload,
): Promise<{ network: Network; tokenizer: Tokenizer }> {
  const { family, config: encoders } = towersIn(weights, options);
  const config = configOf(place.name, weights, encoders, options);
  const tokenizer = await tokenizerFor(config, family, [place], options);
  const { ignored: ignore }: Family = families[family];
  const network = await uploading(upload, async (upload) =>
    networkOf(config, await readMapped(weights, checkpointKeys(family), shapesFor(config), { ignore }, upload)),
  );
  return { network, tokenizer };
}

/** A checkpoint of adapters and decoder, with the encoders of another file. */
async function openTrainedPart(
  place: Place,
  weights: TensorFile,
  options: OpenPublishedOptions,
  upload: Upload,
): Promise<{ network: Network; tokenizer: Tokenizer }> {
  if (!options.encoders)
    throw new CheckpointError(
      place.name,
      'encoders',
      'only what was trained',
      "Name the encoders' own file with `encoders` (on the command line --encoders).",
    );
  const other = await locate(options.encoders, options);
  try {
    const file = await openTensors(other.source);
    const found = towersIn(file, options);
    const config = configOf(place.name, weights, found.config, options);
    const tokenizer = await tokenizerFor(config, found.family, [place, other], options);
    const { parameters } = await openTowers(file, options, upload);
    const encoders = flatten(parameters);
    try {
      const trained = new Map([...shapesFor(config)].filter(([name]) => !encoders.has(name)));
      const network = await uploading(upload, async (upload) =>
        networkOf(config, new Map([...encoders, ...(await readMapped(weights, trainedKeys, trained, {}, upload))])),
      );
      return { network, tokenizer };
    } catch (error) {
      tf.dispose([...encoders.values()]);
      throw error;
    }
  } finally {
    await other.source.close();
  }
}

type OpenPublishedOptions = PublishedOptions & PlaceOptions;

/**
 * Opens a checkpoint of the published program. Sizes come from the shapes, the family from the names; the tokenizer is found before any
 * tensor is read.
 *
 * @throws CheckpointError if the file is none
 * @throws KeyMismatchError if tensors are missing, unexpected or of another shape
 */
export async function openPublished(
  place: Place,
  file: TensorFile,
  options: OpenPublishedOptions = {},
  upload: Upload = uploadTensor,
): Promise<{ network: Network; tokenizer: Tokenizer }> {
  const weights = findPublished(file) ?? refuse(place.name, file);
  return [...weights.tensors.keys()].every((name) => TRAINED.test(name))
    ? openTrainedPart(place, weights, options, upload)
    : openWhole(place, weights, options, upload);
}

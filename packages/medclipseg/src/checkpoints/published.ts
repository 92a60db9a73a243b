// Checkpoints of the published training program (`.pth`): whole, or the trained part beside the encoders' own file.
import {
  type Family,
  type FamilyName,
  families,
  findTowers,
  openClip,
  type TowerConfigs,
  towerConfigs,
} from '@medclipseg/clip-encoders';
import type { Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { assemble, disposeParameters, flatten, shapesOf } from '@medclipseg/nn';
import { DEFAULT_BETA } from '@medclipseg/pvl-attention';
import { openTensors, readMapped, type TensorFile, type TensorValue, unwrapped } from '@medclipseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.ts';
import { CheckpointError } from '../errors.ts';
import { checkpointKeys, trainedKeys } from '../keys.ts';
import { type ModelParameters, modelSpec, type Network } from '../network.ts';
import type { Place, PlaceOptions } from '../platform/place.ts';
import { locate, type ModelSource } from '../pretrained/locate.ts';
import type { EncoderParameters } from './encoders-reference.ts';
import { tokenizerFor } from './find-tokenizer.ts';

/** What a published file does not say. */
export interface PublishedOptions {
  /** The encoders' own file, for a checkpoint that holds only what was trained. */
  readonly encoders?: ModelSource;
  /** Needed for `pubmedclip` alone, whose files look like `clip`'s. */
  readonly family?: FamilyName;
  /** The tokenizer or its file; by default a known name beside the checkpoint or the encoders. */
  readonly tokenizer?: Tokenizer | ModelSource;
  /** Blocks before which the adapters stand (published: 1 to 10). */
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

/** How many of a tensor there are, whose name begins with a list and 0. */
function count({ tensors }: TensorFile, first: string): number {
  let n = 0;
  while (tensors.has(first.replace('.0.', `.${n}.`))) n++;
  return n;
}

type EncoderConfig = Pick<ModelConfig, 'vision' | 'text' | 'preprocessing'>;

/** The towers of a family, with MedCLIPSeg's preprocessing. */
function encoderConfig(
  family: FamilyName,
  { vision, text }: TowerConfigs,
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
    throw new CheckpointError(path, `${adapters} layers, one per adapter`, `${places.length}`, 'Name the layers.');
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

/** The towers of a file that their makers or the published program wrote, with MedCLIPSeg's preprocessing; nothing else of it is read. */
export async function openTowers(
  file: TensorFile,
  options: Pick<PublishedOptions, 'family' | 'heads'>,
): Promise<{ config: EncoderConfig; parameters: EncoderParameters }> {
  const { config, parameters } = await openClip(file, options);
  const { logitScale, ...towers } = parameters;
  disposeParameters({ logitScale });
  return { config: encoderConfig(config.family, config, options), parameters: towers };
}

/**
 * Opens a published checkpoint. Sizes come from the shapes, the family from the names.
 *
 * @param weights what {@link findPublished} found
 * @throws KeyMismatchError if tensors are missing, left over or of another shape
 */
export async function openPublished(
  place: Place,
  weights: TensorFile,
  options: PublishedOptions & PlaceOptions = {},
): Promise<{ network: Network; tokenizer: Tokenizer }> {
  const path = place.name;
  const whole = [...weights.tensors.keys()].some((name) => !TRAINED.test(name));
  if (!whole && !options.encoders)
    throw new CheckpointError(path, 'encoders', 'only what was trained', "Name the encoders' own file as well.");
  const places = [place];
  const made: tf.Tensor[] = [];
  const upload = ({ shape, data }: TensorValue) => {
    const tensor = tf.tensor(data, [...shape]);
    made.push(tensor);
    return tensor;
  };
  const expectedOf = (config: ModelConfig) => shapesOf(modelSpec(config));
  const read = async (): Promise<{ config: ModelConfig; tensors: Map<string, tf.Tensor> }> => {
    if (whole) {
      const { family, layout, weights: towers } = findTowers(weights, options.family);
      const encoders = encoderConfig(family, towerConfigs(family, towers, layout.keys), options);
      const config = configOf(path, weights, encoders, options);
      const { ignored }: Family = families[family];
      const tensors = await readMapped(
        weights,
        checkpointKeys(family),
        expectedOf(config),
        { ignore: ignored },
        upload,
      );
      return { config, tensors };
    }
    const beside = await locate(options.encoders as ModelSource, options);
    places.push(beside);
    try {
      const file = await openTensors(beside.source);
      const encoders = await openTowers(file, options);
      const tensors = flatten(encoders.parameters);
      made.push(...tensors.values());
      const config = configOf(path, weights, encoders.config, options);
      const trained = new Map([...expectedOf(config)].filter(([name]) => !tensors.has(name)));
      for (const [name, tensor] of await readMapped(weights, trainedKeys, trained, {}, upload))
        tensors.set(name, tensor);
      return { config, tensors };
    } finally {
      await beside.source.close();
    }
  };
  try {
    const { config, tensors } = await read();
    const tokenizer = await tokenizerFor(config, places, options);
    const parameters = assemble(modelSpec(config), tensors) as unknown as ModelParameters;
    return { network: { config, parameters }, tokenizer };
  } catch (error) {
    tf.dispose(made);
    throw error;
  }
}

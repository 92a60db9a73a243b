// This project's checkpoints: safetensors with a model, its tokenizer, and the state of its training.
import { type Tokenizer, type TokenizerJson, tokenizerOf } from '@medclipseg/clip-encoders/tokenizers';
import { flatten, shapesOf } from '@medclipseg/nn';
import { encodeSafetensors, stripPrefix, type TensorFile, type TensorValue } from '@medclipseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { version } from '../../package.json';
import type { ModelConfig } from '../config.ts';
import { CheckpointError } from '../errors.ts';
import { assembleModel, type ModelParameters, modelSpec, type Network } from '../network.ts';
import type { TrainingProgress } from '../training/plan.ts';
import type { Trainer } from '../training/trainer.ts';
import type { EncodersReference } from './encoders-reference.ts';

const FORMAT = 'medclipseg-checkpoint-1';
/** Parameters that the published training does not change. */
const ENCODERS = /^(vision|text)\./;

/** The state of a training, as {@link Trainer} has it. */
export type TrainingState = Pick<Trainer, 'progress' | 'optimizerState'> & Partial<Pick<Trainer, 'plan'>>;

/** Makes a tensor of a parameter's values. */
export type Upload = (value: TensorValue) => tf.Tensor;

/** On the current backend. */
export const uploadTensor: Upload = ({ shape, data }) => tf.tensor(data, [...shape]);

export interface Contents {
  readonly tensors: ReadonlyMap<string, TensorValue>;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface CheckpointOptions {
  /** Frozen encoders of another file: the checkpoint names them instead of holding them. */
  readonly encoders?: EncodersReference;
  /** Holds them nevertheless. */
  readonly whole?: boolean;
}

/** Tensors and metadata of a checkpoint. */
export async function contentsOf(
  { config, parameters }: Network,
  tokenizer: TokenizerJson,
  trainer?: TrainingState,
  { encoders, whole = encoders === undefined }: CheckpointOptions = {},
): Promise<Contents> {
  const tensors = new Map<string, TensorValue>();
  const optimizer = await trainer?.optimizerState();
  for (const [name, tensor] of flatten(parameters))
    if (whole || !ENCODERS.test(name))
      tensors.set(`model.${name}`, { shape: tensor.shape, data: (await tensor.data()) as Float32Array });
  for (const [name, value] of optimizer?.moments ?? []) tensors.set(`optimizer.${name}`, value);
  return {
    tensors,
    metadata: {
      format: FORMAT,
      version,
      config: JSON.stringify(config),
      tokenizer: JSON.stringify(tokenizer),
      ...(encoders && { encoders: JSON.stringify(encoders) }),
      ...(trainer &&
        optimizer && {
          progress: JSON.stringify(trainer.progress),
          // Order, augmentation and noise are functions of its seed; there is no other random state.
          ...(trainer.plan && { plan: JSON.stringify(trainer.plan) }),
          optimizerSteps: String(optimizer.step),
        }),
    },
  };
}

/**
 * A checkpoint as the bytes of a file, which {@link MedCLIPSeg.fromPretrained} opens.
 *
 * @param trainer a training whose optimizer and progress are included, so that it can be resumed
 */
export async function encodeCheckpoint(
  network: Network,
  tokenizer: TokenizerJson,
  trainer?: TrainingState,
  options?: CheckpointOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { tensors, metadata } = await contentsOf(network, tokenizer, trainer, options);
  return (await encodeSafetensors(tensors, metadata)) as Uint8Array<ArrayBuffer>;
}

export const isOwn = ({ metadata }: TensorFile): boolean => metadata.format === FORMAT;

/** @throws {CheckpointError} naming the format of a file that is no checkpoint of this project */
export function refuse(name: string, { metadata }: TensorFile): never {
  throw new CheckpointError(
    name,
    `format ${FORMAT}`,
    `${metadata.format ?? 'none'}`,
    'Give a checkpoint of medclipseg.',
  );
}

export interface Description {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  /** Progress of the training; none if the model was saved without one. */
  readonly progress?: TrainingProgress;
  /** The frozen encoders of another file that it was trained on. */
  readonly encoders?: EncodersReference;
  /** Other metadata of the file. */
  readonly metadata: Readonly<Record<string, string>>;
}

export function descriptionOf({ metadata }: TensorFile): Description {
  const { format, config, tokenizer, progress, encoders, optimizerSteps, ...others } = metadata;
  return {
    config: JSON.parse(config as string),
    tokenizer: tokenizerOf(JSON.parse(tokenizer as string)),
    progress: progress === undefined ? undefined : JSON.parse(progress),
    encoders: encoders === undefined ? undefined : JSON.parse(encoders),
    metadata: others,
  };
}

export const isWhole = ({ tensors }: TensorFile): boolean =>
  [...tensors.keys()].some((name) => name.startsWith('model.vision.'));

/**
 * The parameters of a checkpoint, checked name by name against its configuration; one tensor at a time is in memory.
 *
 * @param given take the place of those in the file, if it has any; the result holds them
 */
export async function readParameters(
  name: string,
  config: ModelConfig,
  whole: TensorFile,
  given: ReadonlyMap<string, tf.Tensor> = new Map(),
  upload: Upload = uploadTensor,
): Promise<ModelParameters> {
  const file = stripPrefix(whole, 'model.');
  const shapes = shapesOf(modelSpec(config));
  const shapeOf = (key: string) => (given.get(key) ?? file.tensors.get(key))?.shape;
  const faults: string[] = [];
  for (const [key, shape] of shapes) {
    const found = shapeOf(key);
    if (!found) faults.push(`${key}: missing`);
    else if (`${found}` !== `${shape}`) faults.push(`${key}: expected [${shape}], got [${found}]`);
  }
  for (const key of file.tensors.keys()) if (!shapes.has(key)) faults.push(`${key}: unexpected`);
  if (faults.length > 0)
    throw new CheckpointError(
      name,
      'the tensors that its configuration describes',
      `${faults.length} that do not fit:\n  ${faults.slice(0, 12).join('\n  ')}\n`,
      'Load the checkpoint with the configuration that wrote it.',
    );
  const made = new Map<string, tf.Tensor>();
  try {
    for (const key of shapes.keys()) if (!given.has(key)) made.set(key, upload(await file.read(key)));
    return assembleModel(config, new Map([...given, ...made]));
  } catch (error) {
    tf.dispose([...made.values()]);
    throw error;
  }
}

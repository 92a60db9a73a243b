// The format of this project's checkpoints: a model, the optimizer, and how to go on, as safetensors.
import { type Tokenizer, type TokenizerJson, tokenizerOf } from '@medclipseg/clip-encoders/tokenizers';
import { flatten } from '@medclipseg/nn';
import { encodeSafetensors, type TensorFile, type TensorValue } from '@medclipseg/weights';
import { version } from '../../package.json';
import type { ModelConfig } from '../config.ts';
import { CheckpointError } from '../errors.ts';
import type { Network } from '../network.ts';
import type { TrainingProgress } from '../training/plan.ts';
import type { Trainer } from '../training/trainer.ts';
import type { EncodersReference } from './encoders-reference.ts';

const FORMAT = 'medclipseg-checkpoint-1';
/** Our names of what the published training does not learn. */
const ENCODERS = /^(vision|text)\./;

/** What a checkpoint needs of a training. */
export type TrainingState = Pick<Trainer, 'progress' | 'optimizerState'> & Partial<Pick<Trainer, 'plan'>>;

export interface Contents {
  readonly tensors: ReadonlyMap<string, TensorValue>;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface CheckpointOptions {
  /** Encoders that come from another file and did not learn: they are named instead of held. */
  readonly encoders?: EncodersReference;
  /** Holds them as well. */
  readonly whole?: boolean;
}

/** Everything that a checkpoint holds. */
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
          // Order, augmentation and noise are functions of its seed: there is no other random state.
          ...(trainer.plan && { plan: JSON.stringify(trainer.plan) }),
          optimizerSteps: String(optimizer.step),
        }),
    },
  };
}

/**
 * A checkpoint as bytes, to be kept or offered for download; `loadModel` opens them.
 *
 * @param trainer whose optimizer and progress are to be kept as well, so that a training can go on
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

/** @throws {CheckpointError} saying what this file is instead of a checkpoint of this project. */
export function refuse(name: string, { metadata }: TensorFile): never {
  throw new CheckpointError(
    name,
    `format ${FORMAT}`,
    `${metadata.format ?? 'none'}`,
    'Give a checkpoint that this program wrote.',
  );
}

export interface Description {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  /** Where a training stood; a model that was saved without one does not say. */
  readonly progress?: TrainingProgress;
  /** The encoders it was trained on, if they did not learn. */
  readonly encoders?: EncodersReference;
  /** What else the file says. */
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

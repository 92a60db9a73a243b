// The format of this project's checkpoints: a model, the optimiser, and how to go on, as safetensors.
import { type Tokenizer, type TokenizerJson, tokenizerOf } from '@medclipseg/clip-encoders/tokenizers';
import { assemble, flatten, type ParameterSpec, shapesOf, type Tree } from '@medclipseg/nn';
import { below, encodeSafetensors, type TensorFile, type TensorValue } from '@medclipseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.ts';
import { CheckpointError } from '../errors.ts';
import { type ModelParameters, modelSpec, type Network } from '../network.ts';
import type { Progress } from '../training/plan.ts';
import type { Trainer } from '../training/trainer.ts';

const FORMAT = 'medclipseg-checkpoint-1';

/** What a checkpoint needs of a training. */
export type TrainingState = Pick<Trainer, 'progress' | 'optimizerState'>;

export interface Contents {
  readonly tensors: ReadonlyMap<string, TensorValue>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Everything that a checkpoint holds. */
export async function contentsOf(
  { config, parameters }: Network,
  tokenizer: TokenizerJson,
  trainer?: TrainingState,
): Promise<Contents> {
  const tensors = new Map<string, TensorValue>();
  const optimizer = await trainer?.optimizerState();
  for (const [name, tensor] of flatten(parameters as never))
    tensors.set(`model.${name}`, { shape: tensor.shape, data: (await tensor.data()) as Float32Array });
  for (const [name, value] of optimizer?.moments ?? []) tensors.set(`optimizer.${name}`, value);
  return {
    tensors,
    metadata: {
      format: FORMAT,
      config: JSON.stringify(config),
      tokenizer: JSON.stringify(tokenizer),
      ...(trainer &&
        optimizer && {
          progress: JSON.stringify(trainer.progress),
          optimizerSteps: String(optimizer.step),
        }),
    },
  };
}

/**
 * A checkpoint as bytes, to be kept or offered for download; `loadModel` opens them.
 *
 * @param trainer whose optimiser and progress are to be kept as well, so that a training can go on
 */
export async function encodeCheckpoint(
  network: Network,
  tokenizer: TokenizerJson,
  trainer?: TrainingState,
): Promise<Uint8Array<ArrayBuffer>> {
  const { tensors, metadata } = await contentsOf(network, tokenizer, trainer);
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
  readonly progress?: Progress;
  /** What else the file says. */
  readonly metadata: Readonly<Record<string, string>>;
}

export function descriptionOf({ metadata }: TensorFile): Description {
  const { format, config, tokenizer, progress, optimizerSteps, ...others } = metadata;
  return {
    config: JSON.parse(config as string),
    tokenizer: tokenizerOf(JSON.parse(tokenizer as string)),
    progress: progress === undefined ? undefined : JSON.parse(progress),
    metadata: others,
  };
}

/** The parameters of a checkpoint, checked name by name against what its configuration needs; one tensor at a time is in memory. */
export async function readParameters(name: string, config: ModelConfig, whole: TensorFile): Promise<ModelParameters> {
  const file = below(whole, 'model.');
  const spec = modelSpec(config);
  const faults: string[] = [];
  const expected = shapesOf(spec as Tree<ParameterSpec>);
  for (const [key, shape] of expected) {
    const value = file.tensors.get(key);
    if (!value) faults.push(`${key}: missing`);
    else if (`${value.shape}` !== `${shape}`) faults.push(`${key}: expected [${shape}], got [${value.shape}]`);
  }
  for (const key of file.tensors.keys()) if (!expected.has(key)) faults.push(`${key}: unexpected`);
  if (faults.length > 0)
    throw new CheckpointError(
      name,
      'the tensors that its configuration describes',
      `${faults.length} that do not fit:\n  ${faults.slice(0, 12).join('\n  ')}\n`,
      'Load the checkpoint with the configuration that wrote it.',
    );
  const tensors = new Map<string, tf.Tensor>();
  try {
    for (const [key, shape] of expected) tensors.set(key, tf.tensor((await file.read(key)).data, [...shape]));
    return assemble(spec, tensors) as unknown as ModelParameters;
  } catch (error) {
    tf.dispose([...tensors.values()]);
    throw error;
  }
}

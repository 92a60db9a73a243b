// Saving and restoring a training.
import { flatten, variablesOf } from '@medclipseg/nn';
import {
  type ByteSource,
  bytesSource,
  encodeSafetensors,
  openTensors,
  stripPrefix,
  type TensorValue,
} from '@medclipseg/weights';
import type * as tf from '@tensorflow/tfjs-core';
import { CheckpointError } from '../errors.ts';
import type { MedCLIPSeg } from '../model.ts';
import { type Contents, contentsOf, isOwn, readParameters, refuse } from '../pretrained/checkpoint.ts';
import { checkEncoders, hashEncoders } from '../pretrained/encoders-reference.ts';
import type { Trainer } from './trainer.ts';

export interface SaveOptions {
  /** Steps since the training began. */
  readonly step: number;
  /** Whether this is the best state so far. */
  readonly best: boolean;
}

/** Where the states of a training are kept: the newest and the best. */
export interface CheckpointStore {
  /** The newest state; nothing if there is none. The caller closes it. */
  latest(): Promise<ByteSource | undefined>;
  /** Replaces the newest state, and the best one if this is better. If it fails, the states before remain. */
  save(contents: Contents, options: SaveOptions): Promise<void>;
}

/** Checkpoints in memory, as bytes of files that `fromPretrained` opens. */
export class MemoryCheckpoints implements CheckpointStore {
  newest?: Uint8Array<ArrayBuffer>;
  best?: Uint8Array<ArrayBuffer>;

  async latest(): Promise<ByteSource | undefined> {
    return this.newest && bytesSource(this.newest, 'the newest checkpoint');
  }

  async save({ tensors, metadata }: Contents, { best }: SaveOptions): Promise<void> {
    this.newest = (await encodeSafetensors(tensors, metadata)) as Uint8Array<ArrayBuffer>;
    if (best) this.best = this.newest;
  }
}

/** Everything a checkpoint of a training holds. Frozen encoders of another file are named instead, unless `whole` is set. */
export function trainingContents(
  model: MedCLIPSeg,
  trainer: Trainer,
  { whole }: { readonly whole?: boolean } = {},
): Promise<Contents> {
  const { network, tokenizer, encoders } = model;
  const learns = [...variablesOf(network.parameters).keys()].some((name) => /^(vision|text)\./.test(name));
  return contentsOf(network, tokenizer.toJson(), trainer, {
    encoders: learns ? undefined : encoders,
    whole: whole || undefined,
  });
}

/** @throws {CheckpointError} unless frozen parameters that the file holds have the values of the model's */
async function checkFrozen(path: string, frozen: ReadonlyMap<string, tf.Tensor>, read: Read): Promise<void> {
  for (const [name, tensor] of frozen) {
    const stored = await read(name);
    const values = await tensor.data();
    if (stored && !stored.data.every((value, i) => value === values[i]))
      throw new CheckpointError(
        path,
        "the model's own frozen parameters",
        `other values of ${name}`,
        'Start from the model that this training started from.',
      );
  }
}
type Read = (name: string) => Promise<TensorValue | undefined>;

/**
 * Gives the variables of a model, and the trainer, the state that a checkpoint holds.
 *
 * @throws {CheckpointError} if the file holds no training, or one of another model
 */
export async function restoreTraining(source: ByteSource, model: MedCLIPSeg, trainer: Trainer): Promise<void> {
  const { config, parameters } = model.network;
  const path = source.name;
  const file = await openTensors(source);
  const { progress, optimizerSteps, encoders: named } = isOwn(file) ? file.metadata : refuse(path, file);
  if (progress === undefined)
    throw new CheckpointError(path, 'the state of a training', 'a model alone', 'Give a checkpoint of a training.');
  const variables = variablesOf(parameters);
  const frozen = new Map([...flatten(parameters)].filter(([name]) => !variables.has(name)));
  const stored = stripPrefix(file, 'model.');
  if (named !== undefined && frozen.size > 0)
    checkEncoders(path, JSON.parse(named), await hashEncoders(parameters), model.encoders?.source ?? 'others');
  else await checkFrozen(path, frozen, async (name) => (stored.tensors.has(name) ? stored.read(name) : undefined));
  const restored = flatten(await readParameters(path, config, file, frozen));
  for (const [name, variable] of variables) {
    const value = restored.get(name) as tf.Tensor;
    variable.assign(value);
    value.dispose();
  }
  const moments = new Map<string, TensorValue>();
  const optimizer = stripPrefix(file, 'optimizer.');
  for (const name of optimizer.tensors.keys()) moments.set(name, await optimizer.read(name));
  trainer.resume(JSON.parse(progress), { step: Number(optimizerSteps), moments });
}

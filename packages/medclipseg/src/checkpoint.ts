// Checkpoints of a training on disk.
import type { TokenizerJson } from '@medclipseg/clip-encoders/tokenizers';
import type { AdamState } from '@medclipseg/nn';
import { stripPrefix, type TensorFile, type TensorValue } from '@medclipseg/weights';
import { openTensorFile, writeSafetensors } from '@medclipseg/weights/node';
import { checkEncoders, hashOf } from './checkpoints/encoders-reference.ts';
import { type CheckpointOptions, contentsOf, isOwn, refuse, type TrainingState } from './checkpoints/format.ts';
import { readParameters } from './checkpoints/read-parameters.ts';
import type { ModelConfig } from './config.ts';
import { CheckpointError } from './errors.ts';
import type { ModelParameters, Network } from './network.ts';
import type { Encoders } from './pretrained/load.ts';
import type { Progress } from './training/plan.ts';

/** Writes a checkpoint; a file of that name is replaced only by a whole one. */
export async function saveCheckpoint(
  path: string,
  network: Network,
  tokenizer: TokenizerJson,
  trainer?: TrainingState,
  options?: CheckpointOptions,
): Promise<void> {
  const { tensors, metadata } = await contentsOf(network, tokenizer, trainer, options);
  await writeSafetensors(path, tensors, metadata);
}

async function readAll(file: TensorFile): Promise<Map<string, TensorValue>> {
  const read = new Map<string, TensorValue>();
  for (const name of file.tensors.keys()) read.set(name, await file.read(name));
  return read;
}

/**
 * Everything a training needs to go on where a checkpoint left it.
 *
 * @param encoders those that do not learn, which the parameters then hold
 * @throws {CheckpointError} if it was trained on others
 */
export async function loadTraining(
  path: string,
  config: ModelConfig,
  encoders?: Encoders,
): Promise<{ parameters: ModelParameters; progress: Progress; optimizer: AdamState }> {
  const file = await openTensorFile(path);
  try {
    const { progress, optimizerSteps, encoders: named } = isOwn(file) ? file.metadata : refuse(path, file);
    if (progress === undefined)
      throw new CheckpointError(path, 'the state of a training', 'a model alone', 'Give a checkpoint of a training.');
    if (encoders && named !== undefined)
      checkEncoders(path, JSON.parse(named), await hashOf(encoders.parameters), encoders.reference?.source ?? 'others');
    const parameters = await readParameters(path, config, file, encoders?.parameters);
    const moments = await readAll(stripPrefix(file, 'optimizer.'));
    return { parameters, progress: JSON.parse(progress), optimizer: { step: Number(optimizerSteps), moments } };
  } finally {
    await file.close();
  }
}

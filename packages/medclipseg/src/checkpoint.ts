// Checkpoints: a model, the optimiser, and how to go on, in one safetensors file.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Tokenizer, type TokenizerJson, tokenizerOf } from '@medclipseg/clip-encoders/tokenizers';
import {
  type AdamState,
  disposeParameters,
  flatten,
  freeze,
  loadParameters,
  type ParameterSpec,
  shapesOf,
  type Tree,
} from '@medclipseg/nn';
import { below, type TensorFile, type TensorValue } from '@medclipseg/weights';
import { openTensorFile, writeSafetensors } from '@medclipseg/weights/node';
import { BEST, LATEST } from './checkpoints/folder.ts';
import { findPublished, openPublished, type PublishedOptions } from './checkpoints/published.ts';
import type { ModelConfig } from './config.ts';
import { CheckpointError } from './errors.ts';
import { type ModelParameters, modelSpec, type Network } from './network.ts';
import type { Progress, Trainer } from './training/trainer.ts';

const FORMAT = 'medclipseg-checkpoint-1';

export interface LoadedModel {
  readonly network: Network;
  readonly tokenizer: Tokenizer;
  /** Where its training stood; a published file does not say. */
  readonly progress?: Progress;
  /** Where the weights came from. */
  readonly path: string;
}

async function values(tensors: ReturnType<typeof flatten>): Promise<Map<string, TensorValue>> {
  const read = new Map<string, TensorValue>();
  for (const [name, tensor] of tensors)
    read.set(name, { shape: tensor.shape, data: (await tensor.data()) as Float32Array });
  return read;
}

/** Writes a checkpoint; a file of that name is replaced only by a whole one. */
export async function saveCheckpoint(
  path: string,
  { config, parameters }: Network,
  tokenizer: TokenizerJson,
  trainer: Pick<Trainer, 'progress' | 'optimizerState'>,
): Promise<void> {
  const optimizer = await trainer.optimizerState();
  const tensors = new Map<string, TensorValue>();
  for (const [name, value] of await values(flatten(parameters as never))) tensors.set(`model.${name}`, value);
  for (const [name, value] of optimizer.moments) tensors.set(`optimizer.${name}`, value);
  await writeSafetensors(path, tensors, {
    format: FORMAT,
    config: JSON.stringify(config),
    tokenizer: JSON.stringify(tokenizer),
    progress: JSON.stringify(trainer.progress),
    optimizerSteps: String(optimizer.step),
  });
}

/** The model that ships as a package of its own, and the name it is asked for by. */
const SHIPPED = 'mini';

async function shippedModel(): Promise<string> {
  const { weights } = await import('@medclipseg/mini').catch(() => {
    throw new CheckpointError(
      SHIPPED,
      'the package @medclipseg/mini',
      'none',
      'Install it: npm install @medclipseg/mini.',
    );
  });
  return fileURLToPath(weights);
}

async function openCheckpoint(asked: string): Promise<{ file: TensorFile; path: string }> {
  const path = asked === SHIPPED ? await shippedModel() : asked;
  let chosen = path;
  const found = await stat(path).catch(() => undefined);
  if (!found)
    throw new CheckpointError(
      path,
      'a checkpoint or a folder with one',
      'nothing',
      'Check the path, or train a model first.',
    );
  if (found.isDirectory()) {
    const best = await stat(join(path, BEST)).catch(() => undefined);
    chosen = join(path, best ? BEST : LATEST);
  }
  return { file: await openTensorFile(chosen), path: chosen };
}

const isOwn = ({ metadata }: TensorFile): boolean => metadata.format === FORMAT;

function refuse(path: string, { metadata }: TensorFile): never {
  throw new CheckpointError(
    path,
    `format ${FORMAT}`,
    `${metadata.format ?? 'none'}`,
    'Give a checkpoint that this program wrote.',
  );
}

async function readAll(file: TensorFile): Promise<Map<string, TensorValue>> {
  const read = new Map<string, TensorValue>();
  for (const name of file.tensors.keys()) read.set(name, await file.read(name));
  return read;
}

/** The parameters of a checkpoint, checked name by name against what its configuration needs. */
function parametersOf(path: string, config: ModelConfig, tensors: ReadonlyMap<string, TensorValue>): ModelParameters {
  const spec = modelSpec(config);
  const faults: string[] = [];
  const expected = shapesOf(spec as Tree<ParameterSpec>);
  for (const [name, shape] of expected) {
    const value = tensors.get(name);
    if (!value) faults.push(`${name}: missing`);
    else if (`${value.shape}` !== `${shape}`) faults.push(`${name}: expected [${shape}], got [${value.shape}]`);
  }
  for (const name of tensors.keys()) if (!expected.has(name)) faults.push(`${name}: unexpected`);
  if (faults.length > 0)
    throw new CheckpointError(
      path,
      'the tensors that its configuration describes',
      `${faults.length} that do not fit:\n  ${faults.slice(0, 12).join('\n  ')}\n`,
      'Load the checkpoint with the configuration that wrote it.',
    );
  return loadParameters(spec, tensors) as unknown as ModelParameters;
}

/**
 * Opens a checkpoint, the best one of a folder, `mini`, or a published checkpoint, for prediction: its parameters are frozen.
 *
 * @param published what a published checkpoint does not say
 */
export async function loadModel(path: string, published?: PublishedOptions): Promise<LoadedModel> {
  const opened = await openCheckpoint(path);
  try {
    const { metadata } = opened.file;
    if (!isOwn(opened.file)) {
      const weights = findPublished(opened.file) ?? refuse(opened.path, opened.file);
      const { network, tokenizer } = await openPublished(opened.path, weights, published);
      freeze(network.parameters);
      return { network, tokenizer, path: opened.path };
    }
    const config = JSON.parse(metadata.config as string) as ModelConfig;
    const parameters = freeze(parametersOf(opened.path, config, await readAll(below(opened.file, 'model.'))));
    return {
      network: { config, parameters },
      tokenizer: tokenizerOf(JSON.parse(metadata.tokenizer as string)),
      progress: JSON.parse(metadata.progress as string),
      path: opened.path,
    };
  } finally {
    await opened.file.close();
  }
}

/** What a model takes over from another: its encoders, and what belongs to them. */
export interface Encoders extends Pick<ModelConfig, 'vision' | 'text' | 'preprocessing'> {
  readonly tokenizer: Tokenizer;
  readonly parameters: Pick<ModelParameters, 'vision' | 'text'>;
}

/** The encoders of a checkpoint, frozen. */
export async function loadEncoders(path: string): Promise<Encoders> {
  const { network, tokenizer } = await loadModel(path);
  const { vision, text, ...others } = network.parameters;
  disposeParameters(others as never);
  const { preprocessing, vision: image, text: sentence } = network.config;
  return { vision: image, text: sentence, preprocessing, tokenizer, parameters: { vision, text } };
}

/** Everything a training needs to go on where a checkpoint left it. */
export async function loadTraining(
  path: string,
  config: ModelConfig,
): Promise<{ parameters: ModelParameters; progress: Progress; optimizer: AdamState }> {
  const opened = await openCheckpoint(path);
  try {
    const { metadata } = opened.file;
    if (!isOwn(opened.file)) refuse(opened.path, opened.file);
    const parameters = parametersOf(opened.path, config, await readAll(below(opened.file, 'model.')));
    const moments = await readAll(below(opened.file, 'optimizer.'));
    return {
      parameters,
      progress: JSON.parse(metadata.progress as string),
      optimizer: { step: Number(metadata.optimizerSteps), moments },
    };
  } finally {
    await opened.file.close();
  }
}

// Opens a model from where the page says it is.
import { tokenizerOf } from '@medclipseg/clip-encoders/tokenizers';
import { weights as miniWeights } from '@medclipseg/mini';
import { freeze, loadParameters } from '@medclipseg/nn';
import { below, blobSource, openTensors, type TensorValue } from '@medclipseg/weights';
import { MedCLIPSeg, type ModelParameters, modelSpec } from 'medclipseg';
import type { OpenModel } from './engine-state.ts';
import type { ModelSource, Progress } from './protocol.ts';

export interface OpenOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

export async function openModel(source: ModelSource, { signal }: OpenOptions): Promise<OpenModel> {
  const blob = source.kind === 'file' ? source.file : await (await fetch(miniWeights, { signal })).blob();
  const file = await openTensors(blobSource(blob, source.kind === 'file' ? source.name : 'mini'));
  const config = JSON.parse(file.metadata.config as string);
  const read = new Map<string, TensorValue>();
  const own = below(file, 'model.');
  for (const name of own.tensors.keys()) read.set(name, await own.read(name));
  const parameters = freeze(loadParameters(modelSpec(config), read) as unknown as ModelParameters);
  const tokenizer = tokenizerOf(JSON.parse(file.metadata.tokenizer as string));
  const network = { config, parameters };
  return { network, tokenizer, model: new MedCLIPSeg(network, tokenizer) };
}

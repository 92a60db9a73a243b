// The device and the model that a command names.
import { type FamilyName, families } from '@medclipseg/clip-encoders';
import { type DeviceName, MedCLIPSeg, type ModelInfo, selectDevice } from 'medclipseg';
import { type BackendFlag, type ModelFlags, wholeNumber } from './command.ts';
import { UsageError } from './errors.ts';
import { loadingBar } from './progress.ts';

/** Selects a device and says which on stderr. */
export async function useBackend({ backend, threads }: BackendFlag): Promise<DeviceName> {
  const count = threads === undefined ? undefined : wholeNumber('--threads', threads, 1);
  const { name } = await selectDevice(backend as DeviceName | 'auto', { threads: count });
  if (threads !== undefined && name !== 'onnx')
    throw new UsageError('--threads', 'the backend onnx', name, 'Leave --threads out, or add --backend onnx.');
  process.stderr.write(`backend: ${name}\n`);
  return name;
}

/** Opens a model on the current device. */
export async function openModel(
  path: string,
  { encoders, tokenizer, family, revision, offline }: ModelFlags,
  signal?: AbortSignal,
): Promise<MedCLIPSeg & { readonly info: ModelInfo }> {
  if (family !== undefined && !Object.hasOwn(families, family))
    throw new UsageError('--family', Object.keys(families).join(', '), `'${family}'`, 'Choose one of them.');
  const { onProgress, stop } = loadingBar();
  const model = await MedCLIPSeg.fromPretrained(path, {
    encoders,
    tokenizer,
    family: family as FamilyName | undefined,
    revision,
    localFilesOnly: offline,
    signal,
    onProgress,
  }).finally(stop);
  return model as typeof model & { readonly info: ModelInfo };
}

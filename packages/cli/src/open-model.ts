// The backend and the model that a command names.
import { type BackendName, selectBackend } from '@medclipseg/backends';
import { type FamilyName, families } from '@medclipseg/clip-encoders';
import { type LoadedModel, loadModel } from 'medclipseg/internal';
import type { ModelFlags } from './command.ts';
import { UsageError } from './errors.ts';
import { loadingBar } from './progress.ts';

/** Selects a backend and says which on stderr. */
export async function useBackend(name: string): Promise<BackendName> {
  const { name: selected } = await selectBackend(name as BackendName | 'auto');
  process.stderr.write(`backend: ${selected}\n`);
  return selected;
}

export async function openModel(
  path: string,
  { encoders, tokenizer, family, revision, offline }: ModelFlags,
  signal?: AbortSignal,
): Promise<LoadedModel> {
  if (family !== undefined && !Object.hasOwn(families, family))
    throw new UsageError('--family', Object.keys(families).join(', '), `'${family}'`, 'Choose one of them.');
  const { onProgress, stop } = loadingBar();
  return loadModel(path, {
    encoders,
    tokenizer,
    family: family as FamilyName | undefined,
    revision,
    localFilesOnly: offline,
    signal,
    onProgress,
  }).finally(stop);
}

// The model that a command names.
import { type FamilyName, families } from '@medclipseg/clip-encoders';
import { type LoadedModel, loadModel } from 'medclipseg';
import { UsageError } from './errors.ts';
import { loadingBar } from './loading-bar.ts';
import type { ModelFlags } from './model-flags.ts';

export async function openModel(
  path: string,
  { encoders, tokenizer, family, revision, offline }: ModelFlags,
  signal?: AbortSignal,
): Promise<LoadedModel> {
  if (family !== undefined && !(family in families))
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

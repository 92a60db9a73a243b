// The model that a command names.
import { type FamilyName, families } from '@medclipseg/clip-encoders';
import { type LoadedModel, loadModel } from 'medclipseg/node';
import { UsageError } from './errors.ts';
import type { ModelFlags } from './model-flags.ts';

export function openModel(path: string, { encoders, tokenizer, family }: ModelFlags): Promise<LoadedModel> {
  if (family !== undefined && !(family in families))
    throw new UsageError('--family', Object.keys(families).join(', '), `'${family}'`, 'Choose one of them.');
  return loadModel(path, { encoders, tokenizer, family: family as FamilyName | undefined });
}

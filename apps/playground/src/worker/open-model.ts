// Opens a model from where the page says it is.
import type { Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { MedCLIPSeg } from 'medclipseg';
import type { OpenModel } from './engine-state.ts';
import type { ModelSource, Progress } from './protocol.ts';

export interface OpenOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

const nameOf = (source: ModelSource): string | Blob => {
  if (source.kind === 'built-in') return 'mini';
  return source.kind === 'file' ? source.file : `${source.repo}/${source.path}`;
};

export async function openModel(source: ModelSource, { signal, onProgress }: OpenOptions): Promise<OpenModel> {
  const model = await MedCLIPSeg.fromPretrained(nameOf(source), {
    tokenizer: source.kind === 'file' ? source.tokenizer : undefined,
    signal,
    onProgress: ({ loaded, total = 0 }) => onProgress({ loaded, total }),
  });
  return { model, network: model.network, tokenizer: model.tokenizer as Tokenizer };
}

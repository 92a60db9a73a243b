// The open model: loaded from the source that the page names, and shared by segmenting and teaching.
import type { Tokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { MedCLIPSeg, type Network } from 'medclipseg';
import { PlaygroundError } from './errors.ts';
import type { ModelSource, Progress } from './protocol.ts';
import type { TeachSession } from './teach-session.ts';

export interface OpenModel {
  readonly model: MedCLIPSeg;
  readonly network: Network;
  readonly tokenizer: Tokenizer;
}

/** The state of the engine worker. */
export interface EngineState {
  open?: OpenModel;
  /** Cancels the work in progress. */
  work?: AbortController;
  /** The training session of the open model; begins with its first training. */
  teaching?: TeachSession;
}

/** @throws PlaygroundError `playground/not-open` */
export function openModelOf({ open }: EngineState): OpenModel {
  if (!open)
    throw new PlaygroundError('playground/not-open', 'engine: expected an open model, got none. Open one first.');
  return open;
}

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

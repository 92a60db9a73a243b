// The open model: loaded from the source that the page names, and shared by segmenting and teaching.
import { MedCLIPSeg } from 'medclipseg';
import { PlaygroundError } from './errors.ts';
import type { ModelSource, Progress } from './protocol.ts';
import type { TeachSession } from './teach-session.ts';

/** The state of the engine worker. */
export interface EngineState {
  model?: MedCLIPSeg;
  /** Cancels the work in progress. */
  work?: AbortController;
  /** The training session of the open model; begins with its first training. */
  teaching?: TeachSession;
}

/** @throws PlaygroundError `playground/not-open` */
export function modelOf({ model }: EngineState): MedCLIPSeg {
  if (model) return model;
  throw new PlaygroundError('playground/not-open', 'engine: expected an open model, got none. Open one first.');
}

export interface OpenOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

const nameOf = (source: ModelSource): string | Blob => {
  if (source.kind === 'built-in') return 'mini';
  return source.kind === 'file' ? source.file : source.name;
};

export const openModel = (source: ModelSource, { signal, onProgress }: OpenOptions): Promise<MedCLIPSeg> =>
  MedCLIPSeg.fromPretrained(nameOf(source), {
    tokenizer: source.kind === 'file' ? source.tokenizer : undefined,
    signal,
    onProgress: ({ loaded, total = 0 }) => onProgress({ loaded, total }),
  });

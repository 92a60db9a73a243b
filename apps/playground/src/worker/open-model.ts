// The open model: loaded from the source that the page names, and shared by segmenting and teaching.
import { weights } from '@medclipseg/mini';
import { urlBlob } from '@medclipseg/weights';
import { hubBlob } from '@medclipseg/weights/hub';
import { MedCLIPSeg } from 'medclipseg';
import { contentHash } from './content-hash.ts';
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

export interface OpenedModel {
  readonly model: MedCLIPSeg;
  /** SHA-256 of its file. */
  readonly sha256: string;
}

const BUILT_IN = 'medclipseg-playground-mini';

/**
 * The file of the built-in model, downloaded once. It has a cache of its own, because the first visit downloads it before the service worker
 * is active. Its address contains a hash of its content, so that the cache is never out of date.
 */
async function builtIn(options: OpenOptions): Promise<Blob> {
  // Private windows and pages without HTTPS have no cache.
  const cache = await globalThis.caches?.open(BUILT_IN).catch(() => undefined);
  const kept = await cache?.match(weights);
  if (kept) return kept.blob();
  const { signal, onProgress } = options;
  const file = await urlBlob(weights, { signal, onProgress: ({ loaded, total = 0 }) => onProgress({ loaded, total }) });
  for (const old of (await cache?.keys()) ?? []) await cache?.delete(old);
  await cache?.put(weights, new Response(file)).catch(() => undefined);
  return file;
}

export async function openModel(source: ModelSource, { signal, onProgress }: OpenOptions): Promise<OpenedModel> {
  if (source.kind === 'hub') {
    const { repo, path, name } = source;
    const model = await MedCLIPSeg.fromPretrained(name, {
      signal,
      onProgress: ({ loaded, total = 0 }) => onProgress({ loaded, total }),
    });
    try {
      return { model, sha256: await contentHash(await hubBlob({ repo, path }, { offline: true })) };
    } catch (error) {
      model.dispose();
      throw error;
    }
  }
  const file = source.kind === 'built-in' ? await builtIn({ signal, onProgress }) : source.file;
  const tokenizer = source.kind === 'file' ? source.tokenizer : undefined;
  const sha256 = await contentHash(file);
  return { model: await MedCLIPSeg.fromPretrained(file, { tokenizer, signal }), sha256 };
}

// The model in use.
import { computed, signal } from '@preact/signals';
import { proxy } from 'comlink';
import { STRINGS } from '../strings.ts';
import type { ModelFacts, ModelSource, Progress } from '../worker/protocol.ts';
import { type Engine, engine, generation } from './engine.ts';
import { isEngineReplaced } from './notices.ts';

/** A model as reports name it: titles may be equal, contents are not. */
export interface ModelName {
  readonly title: string;
  /** SHA-256 of its file; absent while it is in training. */
  readonly sha256?: string;
}

/** What distinguishes models. */
export const nameOf = ({ title, sha256 }: ModelName): string => sha256 ?? title;

/** What a model was trained on in this page. */
export interface Teaching {
  readonly from: Required<ModelName>;
  /** Ids of the examples. */
  readonly images: readonly string[];
}

export interface KnownModel {
  /** The SHA-256 of its file if that came from disk or from teaching, otherwise its name. */
  readonly id: string;
  readonly title: string;
  readonly source: ModelSource;
  /** Size of the file, if known. */
  readonly bytes?: number;
  /** SHA-256 of the file; known once the model has been opened. */
  readonly sha256?: string;
  readonly teaching?: Teaching;
}

export const MINI: KnownModel = { id: 'mini', title: 'mini', source: { kind: 'built-in' }, bytes: 8_686_280 };

export const chosen = signal<KnownModel>(MINI);
export const facts = signal<ModelFacts | undefined>(undefined);
/** Set while a model opens. */
export const progress = signal<(Progress & { readonly model: string }) | undefined>(undefined);

/** The model that opened last: the one that computes, and the one to return to. */
export const opened = signal(MINI);
/** Set from the first step of a training to its last. */
export const training = signal<'running' | 'paused' | undefined>(undefined);

/** The name of the model that computes. */
export const inUse = computed<(ModelName & Pick<KnownModel, 'teaching'>) | undefined>(() => {
  const sha256 = facts.value?.sha256;
  const { title, teaching } = opened.value;
  if (sha256 === undefined) return undefined;
  return training.value ? { title: STRINGS.models.inTraining(title), teaching } : { title, sha256, teaching };
});

/** Enough to distinguish models by eye. */
export const shortHash = (sha256: string): string => sha256.slice(0, 8);

/** The title of a model with its short hash. */
export const titleOf = ({ title, sha256 }: ModelName): string => (sha256 ? `${title} (${shortHash(sha256)})` : title);

let open: { readonly id: string; readonly generation: number; readonly facts: Promise<ModelFacts> } | undefined;
/** Number of models requested. The engine cancels a model when the next is requested. */
let requests = 0;

async function load(on: Engine, model: KnownModel): Promise<ModelFacts> {
  const { source, title } = model;
  requests += 1;
  const request = requests;
  progress.value = { model: title, loaded: 0, total: 0 };
  try {
    const found = await on.openModel(
      source,
      proxy(({ loaded, total }: Progress) => {
        if (request === requests && progress.value) progress.value = { model: title, loaded, total };
      }),
    );
    if (request === requests) {
      facts.value = found;
      opened.value = model;
    }
    return found;
  } catch (error) {
    if (request === requests) open = undefined;
    throw error;
  } finally {
    if (request === requests) progress.value = undefined;
  }
}

/** The engine with the chosen model open in it. If the engine is replaced meanwhile, the model opens in the new one. */
export async function engineWithModel(): Promise<{ readonly engine: Engine; readonly facts: ModelFacts }> {
  const model = chosen.value;
  const { id } = model;
  try {
    const ready = await engine();
    if (open?.id !== id || open.generation !== generation.value)
      open = { id, generation: generation.value, facts: load(ready, model) };
    return { engine: ready, facts: await open.facts };
  } catch (error) {
    if (isEngineReplaced(error) && chosen.value.id === id) return engineWithModel();
    throw error;
  }
}

/** Opens another model; the current one stays in use until then. If several are requested, the last one wins. */
export async function choose(model: KnownModel): Promise<void> {
  chosen.value = model;
  try {
    await engineWithModel();
  } catch (error) {
    if (chosen.value === model) {
      chosen.value = opened.value;
      // It may have been on its way when this one was requested. If it fails, the next run reports it.
      void engineWithModel().catch(() => undefined);
    }
    throw error;
  }
}

/** Declares that the engine's model has become another, by training or by undoing one. */
export function adopt(model: KnownModel & { readonly sha256: string }): void {
  if (!facts.value) return;
  const changed = { ...facts.value, sha256: model.sha256 };
  chosen.value = model;
  opened.value = model;
  facts.value = changed;
  open = { id: model.id, generation: generation.value, facts: Promise.resolve(changed) };
}

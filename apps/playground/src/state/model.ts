// The model in use.
import { signal } from '@preact/signals';
import { proxy } from 'comlink';
import type { ModelFacts, ModelSource, Progress } from '../worker/protocol.ts';
import { type Engine, engine, generation } from './engine.ts';
import { isEngineReplaced } from './notices.ts';

export interface KnownModel {
  readonly id: string;
  readonly title: string;
  readonly source: ModelSource;
  /** Size of the file, if known. */
  readonly bytes?: number;
}

export const MINI: KnownModel = { id: 'mini', title: 'mini', source: { kind: 'built-in' }, bytes: 8_636_336 };

export const chosen = signal<KnownModel>(MINI);
export const facts = signal<ModelFacts | undefined>(undefined);
/** Set while a model opens. */
export const progress = signal<(Progress & { readonly model: string }) | undefined>(undefined);

let open: { readonly id: string; readonly generation: number; readonly facts: Promise<ModelFacts> } | undefined;
/** The model that opened last, to return to. */
let opened = MINI;
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
      opened = model;
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
  const { id } = chosen.value;
  try {
    const ready = await engine();
    if (open?.id !== id || open.generation !== generation.value)
      open = { id, generation: generation.value, facts: load(ready, chosen.value) };
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
    if (chosen.value === model) chosen.value = opened;
    throw error;
  }
}

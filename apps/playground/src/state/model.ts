// The model in use, and those that could be.
import { signal } from '@preact/signals';
import { proxy } from 'comlink';
import type { ModelFacts, ModelSource, Progress } from '../worker/protocol.ts';
import { type Engine, engine, generation } from './engine.ts';

export interface KnownModel {
  readonly id: string;
  readonly title: string;
  readonly source: ModelSource;
  /** Of the file, where it is known. */
  readonly bytes?: number;
}

export const MINI: KnownModel = { id: 'mini', title: 'mini', source: { kind: 'built-in' }, bytes: 8_636_336 };

export const models = signal<readonly KnownModel[]>([MINI]);
export const chosen = signal<KnownModel>(MINI);
export const facts = signal<ModelFacts | undefined>(undefined);
/** While a model opens: how far it is. */
export const progress = signal<(Progress & { readonly model: string }) | undefined>(undefined);

let open: { readonly id: string; readonly generation: number; readonly facts: Promise<ModelFacts> } | undefined;

async function load(on: Engine, { id, source, title }: KnownModel): Promise<ModelFacts> {
  progress.value = { model: title, loaded: 0, total: 0 };
  try {
    const opened = await on.openModel(
      source,
      proxy(({ loaded, total }: Progress) => {
        if (progress.value) progress.value = { model: title, loaded, total };
      }),
    );
    facts.value = opened;
    return opened;
  } catch (error) {
    if (open?.id === id) open = undefined;
    throw error;
  } finally {
    progress.value = undefined;
  }
}

/** The engine with the chosen model open in it. */
export async function engineWithModel(): Promise<{ readonly engine: Engine; readonly facts: ModelFacts }> {
  const ready = await engine();
  const { id } = chosen.value;
  if (open?.id !== id || open.generation !== generation.value)
    open = { id, generation: generation.value, facts: load(ready, chosen.value) };
  return { engine: ready, facts: await open.facts };
}

/** Takes another model; the one before stays until it is open. */
export async function choose(model: KnownModel): Promise<void> {
  const before = chosen.value;
  chosen.value = model;
  try {
    await engineWithModel();
  } catch (error) {
    chosen.value = before;
    throw error;
  }
}

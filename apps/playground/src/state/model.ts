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
/** The model that opened last, to go back to. */
let opened = MINI;
/** Counts what was asked for: the engine gives up a model when it is asked for the next. */
let turns = 0;

async function load(on: Engine, model: KnownModel): Promise<ModelFacts> {
  const { source, title } = model;
  turns += 1;
  const turn = turns;
  progress.value = { model: title, loaded: 0, total: 0 };
  try {
    const found = await on.openModel(
      source,
      proxy(({ loaded, total }: Progress) => {
        if (turn === turns && progress.value) progress.value = { model: title, loaded, total };
      }),
    );
    if (turn === turns) {
      facts.value = found;
      opened = model;
    }
    return found;
  } catch (error) {
    if (turn === turns) open = undefined;
    throw error;
  } finally {
    if (turn === turns) progress.value = undefined;
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

/** Takes another model; the one before stays until it is open. What is chosen last wins. */
export async function choose(model: KnownModel): Promise<void> {
  chosen.value = model;
  try {
    await engineWithModel();
  } catch (error) {
    if (chosen.value === model) chosen.value = opened;
    throw error;
  }
}

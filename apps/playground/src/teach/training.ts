// Training the open model on the examples: its state, its progress, and what it has changed.
import { computed, signal } from '@preact/signals';
import { proxy } from 'comlink';
import { maskFrom } from '../painting/mask-editor.ts';
import { device, type Engine, engine, generation, replaceEngine } from '../state/engine.ts';
import { images } from '../state/image.ts';
import { chosen, engineWithModel, facts, type KnownModel, training } from '../state/model.ts';
import { adoptTaught, models, openModel } from '../state/model-list.ts';
import { explain, isEngineReplaced, isGpuLoss, notify } from '../state/notices.ts';
import { stop as stopRun } from '../state/run.ts';
import { download } from '../state/save.ts';
import type { Evaluated, Taught, TeachStep } from '../worker/teach-protocol.ts';
import { type Entry, entries, exampleOf, problemIn } from './entries.ts';
import { preventsTraining } from './examples.ts';
import { secondsLeft } from './progress.ts';
import { TEACH } from './strings.ts';

/** The engine's work for the Teach tab. */
export type Activity = 'idle' | 'evaluating' | 'training' | 'paused' | 'stopping';

export const activity = signal<Activity>('idle');
export const idle = computed(() => activity.value === 'idle');

/** Steps of the next training; 40 take about a minute with mini on wasm. */
export const steps = signal(40);

/** Losses of the last training by step, and its number of steps. */
export const losses = signal<readonly number[]>([]);
export const planned = signal(0);
/** Times at which steps ended. */
const ends = signal<readonly number[]>([]);
export const remaining = computed(() => secondsLeft(ends.value, planned.value));

export const incomplete = computed(() => entries.value.filter((entry) => preventsTraining(problemIn(entry))));
export const canTrain = computed(() => idle.value && entries.value.length > 0 && incomplete.value.length === 0);

/** A session of trainings of the engine, which can undo them. */
interface Session {
  /** The model that the first training began with. */
  readonly base: KnownModel & { readonly sha256: string };
  readonly taught: Taught;
  /** The model that the last training or undoing resulted in. */
  readonly result: string;
  readonly engine: number;
}
const lastSession = signal<Session | undefined>(undefined);

/** The session of the model in use. None, if another model was opened or the engine was replaced since. */
const session = computed(() => {
  const found = lastSession.value;
  return found?.result === chosen.value.id && found.engine === generation.value ? found : undefined;
});

/** Number of trainings that can be undone, one at a time. */
export const undos = computed(() => session.value?.taught.undos ?? 0);
/** Whether the model in use was trained in this page. */
export const isTaught = computed(() => chosen.value.teaching !== undefined);

/** Set if the browser could not keep the taught model: it is lost with the page unless it is saved. */
export const unkept = signal(false);

/** Makes the engine's model, after a training or after undoing one, a model of its own with its own name. */
async function registerTaught(on: Engine): Promise<void> {
  const { id, sha256 = facts.value?.sha256 as string } = chosen.value;
  const base = session.value?.base ?? { ...chosen.value, sha256 };
  const taught = await on.taught();
  const replaced = session.value && chosen.value.teaching && id !== base.id ? chosen.value : undefined;
  let model = base;
  if (taught.changed) {
    const file = new Blob([(await on.saveTaught()) as Uint8Array<ArrayBuffer>]);
    const hash = await images().hash(file);
    const from = base.teaching?.from ?? { title: base.title, sha256: base.sha256 };
    const ids = [...new Set([...(base.teaching?.images ?? []), ...taught.images])];
    const name = TEACH.fileName(from.title, ids.length);
    const source = { kind: 'file', file, name } as const;
    const teaching = { from, images: ids };
    model = {
      id: hash,
      title: TEACH.modelTitle(from.title, ids.length),
      source,
      bytes: file.size,
      sha256: hash,
      teaching,
    };
  }
  unkept.value = !(await adoptTaught(model, replaced)) && taught.changed;
  if (unkept.value) notify({ kind: 'problem', text: TEACH.notKept(model.title) });
  lastSession.value = { base, taught, result: model.id, engine: generation.value };
}

/** Changes the weights, and gives the model that they make its own name. No result is made of weights that change. */
async function change<Result>(on: Engine, work: () => Promise<Result>): Promise<Result> {
  training.value = 'running';
  try {
    await stopRun();
    const result = await work();
    await registerTaught(on);
    return result;
  } finally {
    training.value = undefined;
  }
}

async function whileIdle(what: Activity, work: (engine: Engine) => Promise<void>): Promise<void> {
  if (!idle.value) return;
  activity.value = what;
  try {
    await work((await engineWithModel()).engine);
  } catch (error) {
    const lost = isGpuLoss(error) && device.value?.backend === 'webgpu';
    if (lost) await replaceEngine('wasm', 'gpu-lost');
    notify({
      ...explain(error),
      ...(lost && { text: TEACH.gpuLost }),
      ...(isEngineReplaced(error) && { text: TEACH.engineReplaced }),
    });
  } finally {
    activity.value = 'idle';
  }
}

async function evaluate(
  on: Engine,
  list: readonly Entry[],
  keep: (entry: Entry, result: Evaluated) => void,
): Promise<void> {
  const onEvaluated = proxy((result: Evaluated) => keep(list[result.index] as Entry, result));
  await on.evaluateExamples(list.map(exampleOf), onEvaluated);
}

const keepNow = (entry: Entry, result: Evaluated): void => {
  entry.now.value = result;
};

/** Replaces the mask of an entry by the model's mask for its prompt. */
export const startFromModel = (entry: Entry): Promise<void> =>
  whileIdle('evaluating', (on) =>
    evaluate(on, [entry], ({ editor, revision }, { probability }) => {
      editor.replace(maskFrom(probability, editor.mask));
      revision.value += 1;
    }),
  );

export const train = (): Promise<void> =>
  whileIdle('evaluating', async (on) => {
    const list = entries.value;
    await evaluate(
      on,
      list.filter(({ before }) => before.value === undefined),
      (entry, result) => {
        entry.before.value = result;
        entry.now.value = undefined;
      },
    );
    activity.value = 'training';
    losses.value = [];
    planned.value = 0;
    ends.value = [];
    const onStep = proxy(({ steps: all, loss }: TeachStep) => {
      planned.value = all;
      losses.value = [...losses.value, loss];
      ends.value = [...ends.value, performance.now()];
    });
    const end = await change(on, async () => on.teach(list.map(exampleOf), steps.value, onStep));
    if (end.kind === 'diverged') notify({ kind: 'problem', text: TEACH.diverged(end.step, end.names) });
    activity.value = 'evaluating';
    await evaluate(on, list, keepNow);
  });

export async function pause(): Promise<void> {
  if (activity.value !== 'training') return;
  activity.value = 'paused';
  training.value = 'paused';
  await (await engine()).pauseTeaching();
}

export async function resume(): Promise<void> {
  if (activity.value !== 'paused') return;
  activity.value = 'training';
  training.value = 'running';
  await stopRun();
  await (await engine()).resumeTeaching();
}

export async function stop(): Promise<void> {
  if (activity.value !== 'training' && activity.value !== 'paused') return;
  activity.value = 'stopping';
  training.value = 'running';
  await (await engine()).stopTeaching();
}

export const undoTraining = (): Promise<void> =>
  whileIdle('evaluating', async (on) => {
    await change(on, () => on.undoTeaching());
    losses.value = [];
    await evaluate(on, entries.value, keepNow);
  });

/** The model that the one in use was taught from, if it is still in the list. */
export const original = computed(() => {
  const from = chosen.value.teaching?.from;
  return models.value.find(
    ({ title, sha256, teaching }) => !teaching && title === from?.title && (sha256 ?? from.sha256) === from.sha256,
  );
});

/** Returns to the model before all trainings. The taught one stays in the list of models. */
export async function openOriginal(): Promise<void> {
  if (!idle.value || !original.value) return;
  losses.value = [];
  if (await openModel(original.value)) await whileIdle('evaluating', (on) => evaluate(on, entries.value, keepNow));
}

export function saveTaught(): void {
  const { source } = chosen.value;
  if (source.kind !== 'file') return;
  download(source.file, source.name);
  unkept.value = false;
}

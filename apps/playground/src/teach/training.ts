// Training the open model on the examples: its state, its progress, and what it has changed.
import { computed, signal } from '@preact/signals';
import { proxy } from 'comlink';
import { device, type Engine, engine, generation, replaceEngine } from '../state/engine.ts';
import { chosen, engineWithModel, facts } from '../state/model.ts';
import { explain, isEngineReplaced, isGpuLoss, notify } from '../state/notices.ts';
import { download } from '../state/save.ts';
import type { Evaluated, Taught, TeachStep } from '../worker/teach-protocol.ts';
import { type Entry, entries, exampleOf, problemIn } from './entries.ts';
import { preventsTraining } from './examples.ts';
import { maskFrom } from './mask-editor.ts';
import { secondsLeft } from './progress.ts';
import { TEACH } from './strings.ts';

/** The engine's work for the Teach tab. */
export type Activity = 'idle' | 'evaluating' | 'training' | 'paused' | 'stopping' | 'saving';

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

const UNTAUGHT: Taught = { undos: 0, changed: false };
const known = signal<{ readonly taught: Taught; readonly model?: object; readonly engine?: number }>({
  taught: UNTAUGHT,
});

/** What can be undone. Nothing, if another model was opened or the engine was replaced since. */
export const taught = computed(() => {
  const { model, engine: from, taught: value } = known.value;
  return model === facts.value && from === generation.value ? value : UNTAUGHT;
});

const setTaught = (value: Taught): void => {
  known.value = { taught: value, model: facts.value, engine: generation.value };
};

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
    const end = await on.teach(list.map(exampleOf), steps.value, onStep);
    setTaught(await on.taught());
    if (end.kind === 'diverged') notify({ kind: 'problem', text: TEACH.diverged(end.step, end.names) });
    activity.value = 'evaluating';
    await evaluate(on, list, keepNow);
  });

export async function pause(): Promise<void> {
  if (activity.value !== 'training') return;
  activity.value = 'paused';
  await (await engine()).pauseTeaching();
}

export async function resume(): Promise<void> {
  if (activity.value !== 'paused') return;
  activity.value = 'training';
  await (await engine()).resumeTeaching();
}

export async function stop(): Promise<void> {
  if (activity.value !== 'training' && activity.value !== 'paused') return;
  activity.value = 'stopping';
  await (await engine()).stopTeaching();
}

const restore = (how: 'undoTeaching' | 'resetTeaching'): Promise<void> =>
  whileIdle('evaluating', async (on) => {
    setTaught(await on[how]());
    losses.value = [];
    await evaluate(on, entries.value, keepNow);
  });

export const undoTraining = (): Promise<void> => restore('undoTeaching');
export const resetTraining = (): Promise<void> => restore('resetTeaching');

export const saveTaught = (): Promise<void> =>
  whileIdle('saving', async (on) => {
    const bytes = (await on.saveTaught()) as Uint8Array<ArrayBuffer>;
    download(new Blob([bytes], { type: 'application/octet-stream' }), TEACH.fileName(chosen.value.title));
  });

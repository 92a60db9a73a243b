// The training under way, and what was learned so far.
import { computed, signal } from '@preact/signals';
import { proxy } from 'comlink';
import { download } from '../files/download.ts';
import { type Engine, engine, machine, replaceEngine } from '../state/engine.ts';
import { explain, isGpuLoss } from '../state/explain.ts';
import { chosen, engineWithModel } from '../state/model.ts';
import { say } from '../state/notices.ts';
import type { TeachStep, Tried } from '../worker/teach-protocol.ts';
import { type Entry, entries, problemIn, taughtBy } from './entries.ts';
import { prevents } from './examples.ts';
import { maskFrom } from './mask-editor.ts';
import { TEACH } from './strings.ts';
import { setTaught } from './taught.ts';
import { secondsLeft } from './time-left.ts';

/** What the engine does for the teaching part. */
export type Doing = 'nothing' | 'trying' | 'training' | 'paused' | 'stopping' | 'saving';

export const doing = signal<Doing>('nothing');
export const idle = computed(() => doing.value === 'nothing');

/** Steps of the next training; 40 take about a minute with mini on wasm. */
export const steps = signal(40);

/** Losses of the last training, step by step, and how many steps it has. */
export const losses = signal<readonly number[]>([]);
export const planned = signal(0);
/** When they were done. */
const ends = signal<readonly number[]>([]);
export const remaining = computed(() => secondsLeft(ends.value, planned.value));

/** Examples that something is wrong with. */
export const faulty = computed(() => entries.value.filter((entry) => prevents(problemIn(entry))));
export const canTrain = computed(() => idle.value && entries.value.length > 0 && faulty.value.length === 0);

async function guarded(what: Doing, work: (engine: Engine) => Promise<void>): Promise<void> {
  if (!idle.value) return;
  doing.value = what;
  try {
    await work((await engineWithModel()).engine);
  } catch (error) {
    const lost = isGpuLoss(error) && machine.value?.backend === 'webgpu';
    if (lost) await replaceEngine('wasm', 'gpu-lost');
    say({ ...explain(error), ...(lost && { text: TEACH.gpuLost }) });
  } finally {
    doing.value = 'nothing';
  }
}

async function tryOn(on: Engine, list: readonly Entry[], keep: (entry: Entry, tried: Tried) => void): Promise<void> {
  const onTried = proxy((tried: Tried) => keep(list[tried.index] as Entry, tried));
  await on.tryExamples(list.map(taughtBy), onTried);
}

const keepNow = (entry: Entry, tried: Tried): void => {
  entry.now.value = tried;
};

/** Begins the mask of an entry anew, from what the model finds by the prompt. */
export const beginFromModel = (entry: Entry): Promise<void> =>
  guarded('trying', (on) =>
    tryOn(on, [entry], ({ editor, revision }, { probability }) => {
      editor.replace(maskFrom(probability, editor.mask));
      revision.value += 1;
    }),
  );

export const train = (): Promise<void> =>
  guarded('trying', async (on) => {
    const list = entries.value;
    await tryOn(
      on,
      list.filter(({ before }) => before.value === undefined),
      (entry, tried) => {
        entry.before.value = tried;
        entry.now.value = undefined;
      },
    );
    doing.value = 'training';
    losses.value = [];
    planned.value = 0;
    ends.value = [];
    const onStep = proxy(({ steps: all, loss }: TeachStep) => {
      planned.value = all;
      losses.value = [...losses.value, loss];
      ends.value = [...ends.value, performance.now()];
    });
    const end = await on.teach(list.map(taughtBy), steps.value, onStep);
    setTaught(await on.taught());
    if (end.kind === 'diverged') say({ kind: 'problem', text: TEACH.diverged(end.step, end.names) });
    doing.value = 'trying';
    await tryOn(on, list, keepNow);
  });

export async function pause(): Promise<void> {
  if (doing.value !== 'training') return;
  doing.value = 'paused';
  await (await engine()).pauseTeaching();
}

export async function resume(): Promise<void> {
  if (doing.value !== 'paused') return;
  doing.value = 'training';
  await (await engine()).resumeTeaching();
}

export async function stop(): Promise<void> {
  if (doing.value !== 'training' && doing.value !== 'paused') return;
  doing.value = 'stopping';
  await (await engine()).stopTeaching();
}

const goBack = (how: 'undoTeaching' | 'resetTeaching'): Promise<void> =>
  guarded('trying', async (on) => {
    setTaught(await on[how]());
    losses.value = [];
    await tryOn(on, entries.value, keepNow);
  });

export const undoTraining = (): Promise<void> => goBack('undoTeaching');
export const resetTraining = (): Promise<void> => goBack('resetTeaching');

export const saveTaught = (): Promise<void> =>
  guarded('saving', async (on) => {
    const bytes = (await on.saveTaught()) as Uint8Array<ArrayBuffer>;
    download(new Blob([bytes], { type: 'application/octet-stream' }), TEACH.fileName(chosen.value.title));
  });

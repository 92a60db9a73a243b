// Segments the image by the prompts. A run ends with a result, at the user's request, or with a message; nothing else ends it.
import { computed, effect, signal } from '@preact/signals';
import { proxy } from 'comlink';
import type { Estimate } from 'medclipseg';
import { STRINGS } from '../strings.ts';
import { errorField, PlaygroundError } from '../worker/errors.ts';
import type { Side } from '../worker/protocol.ts';
import { mayDiscardEdits, setEdits } from './edits.ts';
import { device, engine, replaceEngine } from './engine.ts';
import { fileCount, images, keepSliceResult, opened, shownImage, sliceRecords } from './image.ts';
import { chosen, engineWithModel, inUse, nameOf, progress, training } from './model.ts';
import { isAbort, isEngineReplaced, isGpuLoss, notify, notifyError, resolve } from './notices.ts';
import { activeSides, prompts } from './prompts.ts';
import { changesSince, results, running, setResult } from './results.ts';
import { samples, seed } from './settings.ts';

/** Whether a run is in progress or being stopped. */
export const busy = signal(false);

/** A run; each has a state of its own, so that what stops one never stops the next. */
interface Run {
  /** Whether the user stopped it, replaced its image, or asked for other inputs. */
  isStopped: boolean;
}
let current: Run | undefined;
/** Whether another run follows the one in progress. */
let again = false;
/** The inputs of the run in progress, as text; undefined until it has taken them. */
const inputs = signal<string | undefined>(undefined);

/** How a run ended. Interrupted: by something else than the user, such as another model that opens, so that it must be done again. */
type End = 'done' | 'stopped' | 'interrupted';
/** Interruptions follow actions of the user. More in one run are a fault of the program. */
const MAXIMUM_INTERRUPTIONS = 10;

const inputsNow = (): string =>
  JSON.stringify([
    shownImage.value?.id,
    shownImage.value?.window,
    activeSides().map((side) => prompts.value[side].trim()),
    samples.value,
    seed.value,
    inUse.value && nameOf(inUse.value),
  ]);

/** The inputs of all slices. */
const inputsOfSlices = (): string => JSON.stringify((JSON.parse(inputsNow()) as unknown[]).slice(1));

/** Whether the inputs are no longer those of the run in progress. */
export const inputsChanged = computed(() => inputs.value !== undefined && inputs.value !== inputsNow());

async function segment(run: Run, side: Side, prompt: string): Promise<End> {
  const { engine: ready, facts } = await engineWithModel();
  const { id, slice, window } = shownImage.value ?? {};
  const [model, backend] = [inUse.value, device.value?.backend];
  if (run.isStopped || id === undefined) return 'stopped';
  const image = await images().forModel(id, facts.imageSize);
  if (run.isStopped) return 'stopped';
  // Another model or device is on its way. To segment now would cancel it.
  if (progress.value || !model || !backend) return 'interrupted';
  const sampling = { samples: samples.value, seed: seed.value };
  const onSample = (estimate: Estimate, milliseconds: number) => {
    // The user may have opened another image meanwhile, and messages of an engine may arrive after its end.
    if (shownImage.value?.id !== id || current !== run) return;
    void images().setResult(id, side, estimate);
    if (estimate.samples === 1) setEdits(id, side, undefined);
    const times = estimate.samples === 1 ? [] : (results.value[side]?.milliseconds ?? []);
    const record = { prompt, sampling, model, backend, slice: slice?.index, window };
    setResult(side, { ...record, estimate, milliseconds: [...times, milliseconds] });
  };
  running.value = side;
  const end = await ready.segment(image, prompt, sampling, proxy(onSample));
  if (end === 'done') return end;
  return run.isStopped ? 'stopped' : 'interrupted';
}

async function segmentAll(run: Run): Promise<End> {
  // The model, one of the inputs, is known once it is open.
  await engineWithModel();
  inputs.value = inputsNow();
  const model = chosen.value.id;
  for (const side of activeSides()) {
    const prompt = prompts.value[side].trim();
    const end = prompt ? await segment(run, side, prompt) : 'done';
    if (end !== 'done') return end;
  }
  // Another model may have been chosen too late to interrupt the last sample.
  return chosen.value.id === model ? 'done' : 'interrupted';
}

/** Slices done of those that are being segmented. */
export const slicesDone = signal<{ readonly done: number; readonly total: number } | undefined>(undefined);

/** Segments a slice of the open volume unless it has a result of the same inputs. */
async function segmentSlice(run: Run, side: Side, prompt: string, index: number): Promise<End> {
  const { engine: ready, facts } = await engineWithModel();
  const shown = shownImage.value;
  const [model, backend] = [inUse.value, device.value?.backend];
  if (run.isStopped || !shown) return 'stopped';
  const { id, image } = await images().sliceForModel(shown.id, index, facts.imageSize);
  if (run.isStopped) return 'stopped';
  if (progress.value || !model || !backend) return 'interrupted';
  const before = sliceRecords().get(id)?.[side];
  if (before && changesSince(before, side, shown.window).length === 0) return 'done';
  const sampling = { samples: samples.value, seed: seed.value };
  const since = performance.now();
  const estimate = await ready.segmentSlice(image, prompt, sampling);
  if (!estimate) return run.isStopped ? 'stopped' : 'interrupted';
  const milliseconds = [(performance.now() - since) / estimate.samples];
  const record = { prompt, sampling, model, backend, slice: index, window: shown.window, milliseconds };
  await images().setResult(id, side, estimate);
  setEdits(id, side, undefined);
  if (shownImage.value?.id === id) setResult(side, { ...record, estimate });
  else keepSliceResult(id, side, record);
  return 'done';
}

async function segmentSlices(run: Run): Promise<End> {
  await engineWithModel();
  const total = shownImage.value?.slice?.count ?? 0;
  const [file, started] = [fileCount.value, inputsOfSlices()];
  for (let index = 0; index < total; index++) {
    slicesDone.value = { done: index, total };
    for (const side of activeSides()) {
      const prompt = prompts.value[side].trim();
      // All slices of a mask are made by the same inputs.
      if (run.isStopped || fileCount.value !== file || inputsOfSlices() !== started) return 'stopped';
      const end = prompt ? await segmentSlice(run, side, prompt, index) : 'done';
      if (end !== 'done') return end;
    }
  }
  return 'done';
}

/** Does the work of a run, again after each interruption. */
async function complete(run: Run, work: (run: Run) => Promise<End>): Promise<void> {
  for (let interruptions = 0; interruptions <= MAXIMUM_INTERRUPTIONS; interruptions++)
    try {
      if (run.isStopped || (await work(run)) !== 'interrupted') return;
    } catch (error) {
      // The model was canceled, or superseded by another one.
      if (isAbort(error)) continue;
      if (!isGpuLoss(error) || device.value?.backend !== 'webgpu') throw error;
      notify({ kind: 'problem', text: STRINGS.problems.gpuLost, detail: errorField(error, 'message') });
      await replaceEngine('wasm', 'gpu-lost');
    }
  throw new PlaygroundError(
    'playground/interrupted',
    `run: expected at most ${MAXIMUM_INTERRUPTIONS} interruptions, got more. Press Segment again.`,
  );
}

/** A run, and those that are asked for while it is in progress. */
async function whileBusy(work: (run: Run) => Promise<End>): Promise<void> {
  let next = work;
  busy.value = true;
  try {
    do {
      again = false;
      await opened();
      if (!shownImage.value) return;
      resolve('run');
      const run: Run = { isStopped: false };
      current = run;
      await complete(run, next).catch((error) => notifyError(error, 'run'));
      current = undefined;
      inputs.value = undefined;
      running.value = undefined;
      slicesDone.value = undefined;
      next = segmentAll;
    } while (again);
  } finally {
    busy.value = false;
  }
}

/** Says that the weights are changing, if they are: a result would belong to no model. */
function mayRun(): boolean {
  if (training.value === 'running') notify({ kind: 'problem', topic: 'run', text: STRINGS.problems.inTraining });
  return training.value !== 'running' && mayDiscardEdits();
}

/** Segments the image that is open or being opened. During a run, new inputs stop it and start another. */
export async function run(): Promise<void> {
  if (!prompts.value.a.trim()) return;
  if (!busy.value) return mayRun() ? whileBusy(segmentAll) : undefined;
  // A run that is about to start, or waits for the model, takes the inputs as they are then.
  if (!current?.isStopped && (!inputsChanged.value || slicesDone.value)) return;
  again = true;
  await stop();
}

/** Segments all slices of the open volume; those with a result of the same inputs are kept, so that a stopped run continues. */
export async function runSlices(): Promise<void> {
  if (busy.value || !prompts.value.a.trim() || !shownImage.value?.slice?.volume || !mayRun()) return;
  await whileBusy(segmentSlices);
  resolve('save');
}

/** Messages reach the engine in the order in which they are sent, so that this never stops what is asked for later. */
const stopEngine = (): Promise<void> =>
  engine()
    .then((on) => on.stop())
    .catch((error) => {
      if (!isEngineReplaced(error)) notifyError(error);
    });

/** Stops after the current sample; the result so far stays. Also cancels a model that opens. */
export async function stop(): Promise<void> {
  if (current) current.isStopped = true;
  await stopEngine();
}

/** Stops a run when its image is closed or replaced. Called once, when the page starts. */
export function followImage(): void {
  let before = shownImage.value?.id;
  effect(() => {
    const id = shownImage.value?.id;
    // Other slices may be looked at while all are segmented.
    if (id !== before && current && !slicesDone.peek()) {
      current.isStopped = true;
      // While the model opens there is nothing to stop in the engine.
      if (running.peek()) void stopEngine();
    }
    before = id;
  });
}

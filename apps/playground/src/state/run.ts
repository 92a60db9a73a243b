// Segments the image by the prompts.
import { computed, effect, signal } from '@preact/signals';
import { proxy } from 'comlink';
import type { Estimate } from 'medclipseg';
import { STRINGS } from '../strings.ts';
import { errorField } from '../worker/errors.ts';
import type { Side } from '../worker/protocol.ts';
import { mayDiscardEdits, setEdits } from './edits.ts';
import { device, engine, replaceEngine } from './engine.ts';
import { fileCount, images, keepSliceResult, opened, shownImage, sliceRecords } from './image.ts';
import { engineWithModel, inUse } from './model.ts';
import { isAbort, isGpuLoss, notify, notifyError, resolve } from './notices.ts';
import { activeSides, prompts } from './prompts.ts';
import { changesSince, results, running, setResult } from './results.ts';
import { samples, seed } from './settings.ts';

/** Whether a run is in progress or being stopped. */
export const busy = signal(false);
let stopping = false;
/** The inputs of the run in progress, as text. */
const inputs = signal('');
let restarting = false;

const inputsNow = (): string =>
  JSON.stringify([
    shownImage.value?.id,
    shownImage.value?.window,
    activeSides().map((side) => prompts.value[side].trim()),
    samples.value,
    seed.value,
    inUse.value?.sha256,
  ]);

/** The inputs of all slices. */
const inputsOfSlices = (): string => JSON.stringify((JSON.parse(inputsNow()) as unknown[]).slice(1));

/** Whether the inputs are no longer those of the run in progress. */
export const inputsChanged = computed(() => Boolean(running.value) && inputs.value !== inputsNow());

async function segment(side: Side, prompt: string): Promise<void> {
  const { engine: ready, facts } = await engineWithModel();
  const { id, slice, window } = shownImage.value ?? {};
  const [model, backend] = [inUse.value, device.value?.backend];
  if (id === undefined || stopping || !model || !backend) return;
  const image = await images().forModel(id, facts.imageSize);
  const sampling = { samples: samples.value, seed: seed.value };
  const onSample = (estimate: Estimate, milliseconds: number) => {
    // The user may have opened another image meanwhile.
    if (shownImage.value?.id !== id || running.value !== side) return;
    void images().setResult(id, side, estimate);
    if (estimate.samples === 1) setEdits(id, side, undefined);
    const times = estimate.samples === 1 ? [] : (results.value[side]?.milliseconds ?? []);
    const record = { prompt, sampling, model, backend, slice: slice?.index, window };
    setResult(side, { ...record, estimate, milliseconds: [...times, milliseconds] });
  };
  running.value = side;
  const end = await ready.segment(image, prompt, sampling, proxy(onSample));
  if (end === 'stopped') stopping = true;
}

async function segmentAll(): Promise<void> {
  // The model's hash, one of the inputs, is known once it is open.
  await engineWithModel();
  inputs.value = inputsNow();
  for (const side of activeSides()) {
    const prompt = prompts.value[side].trim();
    if (!stopping && prompt) await segment(side, prompt);
  }
}

/** Slices done of those that are being segmented. */
export const slicesDone = signal<{ readonly done: number; readonly total: number } | undefined>(undefined);

/** Segments a slice of the open volume unless it has a result of the same inputs. Returns whether it has one now. */
async function segmentSlice(side: Side, prompt: string, index: number): Promise<boolean> {
  const { engine: ready, facts } = await engineWithModel();
  const shown = shownImage.value;
  const [model, backend] = [inUse.value, device.value?.backend];
  if (!shown || stopping || !model || !backend) return false;
  const { id, image } = await images().sliceForModel(shown.id, index, facts.imageSize);
  const before = sliceRecords().get(id)?.[side];
  if (before && changesSince(before, side, shown.window).length === 0) return true;
  const sampling = { samples: samples.value, seed: seed.value };
  const since = performance.now();
  const estimate = await ready.segmentSlice(image, prompt, sampling);
  if (!estimate) return false;
  const milliseconds = [(performance.now() - since) / estimate.samples];
  const record = { prompt, sampling, model, backend, slice: index, window: shown.window, milliseconds };
  await images().setResult(id, side, estimate);
  setEdits(id, side, undefined);
  if (shownImage.value?.id === id) setResult(side, { ...record, estimate });
  else keepSliceResult(id, side, record);
  return true;
}

async function segmentSlices(): Promise<void> {
  await engineWithModel();
  const total = shownImage.value?.slice?.count ?? 0;
  const [file, started] = [fileCount.value, inputsOfSlices()];
  for (let index = 0; index < total; index++) {
    slicesDone.value = { done: index, total };
    for (const side of activeSides()) {
      const prompt = prompts.value[side].trim();
      // All slices of a mask are made by the same inputs.
      if (stopping || fileCount.value !== file || inputsOfSlices() !== started) return;
      if (prompt && !(await segmentSlice(side, prompt, index))) return;
    }
  }
}

async function runOnce(work: () => Promise<void>): Promise<void> {
  stopping = false;
  resolve('run');
  try {
    await work().catch(async (error) => {
      if (!isGpuLoss(error) || device.value?.backend !== 'webgpu') throw error;
      notify({ kind: 'problem', text: STRINGS.problems.gpuLost, detail: errorField(error, 'message') });
      await replaceEngine('wasm', 'gpu-lost');
      await work();
    });
  } catch (error) {
    if (!isAbort(error)) notifyError(error, 'run');
  } finally {
    running.value = undefined;
  }
}

/** Segments the image that is open or being opened. During a run, new inputs stop it and start another. */
export async function run(): Promise<void> {
  if (!prompts.value.a.trim()) return;
  if (busy.value) {
    if (!inputsChanged.value || slicesDone.value) return;
    restarting = true;
    await stop();
    return;
  }
  if (!mayDiscardEdits()) return;
  busy.value = true;
  try {
    await opened();
    do {
      restarting = false;
      if (shownImage.value) await runOnce(segmentAll);
    } while (restarting);
  } finally {
    busy.value = false;
  }
}

/** Segments all slices of the open volume; those with a result of the same inputs are kept, so that a stopped run continues. */
export async function runSlices(): Promise<void> {
  if (busy.value || !prompts.value.a.trim() || !shownImage.value?.slice?.volume || !mayDiscardEdits()) return;
  busy.value = true;
  try {
    await runOnce(segmentSlices);
  } finally {
    busy.value = false;
    slicesDone.value = undefined;
    resolve('save');
  }
}

/** Stops after the current sample; the result so far stays. */
export async function stop(): Promise<void> {
  stopping = true;
  await (await engine()).stop();
}

/** Stops a run when its image is closed or replaced. Called once, when the page starts. */
export function followImage(): void {
  let before = shownImage.value?.id;
  effect(() => {
    const id = shownImage.value?.id;
    if (id !== before && running.peek()) void stop().catch(notifyError);
    // While the model opens there is nothing else to stop. Other slices may be looked at while all are segmented.
    else if (id !== before && !slicesDone.peek()) stopping = true;
    before = id;
  });
}

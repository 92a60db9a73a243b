// Segments the image by the prompts.
import { computed, effect, signal } from '@preact/signals';
import { proxy } from 'comlink';
import type { Estimate } from 'medclipseg';
import { STRINGS } from '../strings.ts';
import { errorField } from '../worker/errors.ts';
import type { Side } from '../worker/protocol.ts';
import { device, engine, replaceEngine } from './engine.ts';
import { images, opened, shownImage } from './image.ts';
import { engineWithModel, inUse } from './model.ts';
import { isAbort, isGpuLoss, notify, notifyError } from './notices.ts';
import { activeSides, prompts } from './prompts.ts';
import { results, running, setResult } from './results.ts';
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
    activeSides().map((side) => prompts.value[side].trim()),
    samples.value,
    seed.value,
    inUse.value?.sha256,
  ]);

/** Whether the inputs are no longer those of the run in progress. */
export const inputsChanged = computed(() => Boolean(running.value) && inputs.value !== inputsNow());

async function segment(side: Side, prompt: string): Promise<void> {
  const { engine: ready, facts } = await engineWithModel();
  const id = shownImage.value?.id;
  const [model, backend] = [inUse.value, device.value?.backend];
  if (id === undefined || stopping || !model || !backend) return;
  const image = await images().forModel(id, facts.imageSize);
  const sampling = { samples: samples.value, seed: seed.value };
  const onSample = (estimate: Estimate, milliseconds: number) => {
    // The user may have opened another image meanwhile.
    if (shownImage.value?.id !== id || running.value !== side) return;
    void images().setResult(id, side, estimate);
    const times = estimate.samples === 1 ? [] : (results.value[side]?.milliseconds ?? []);
    setResult(side, { prompt, estimate, sampling, model, backend, milliseconds: [...times, milliseconds] });
  };
  running.value = side;
  const end = await ready.segment(image, prompt, sampling, proxy(onSample));
  if (end === 'stopped') stopping = true;
}

async function segmentAll(): Promise<void> {
  inputs.value = inputsNow();
  for (const side of activeSides()) {
    const prompt = prompts.value[side].trim();
    if (!stopping && prompt) await segment(side, prompt);
  }
}

async function runOnce(): Promise<void> {
  stopping = false;
  try {
    await segmentAll().catch(async (error) => {
      if (!isGpuLoss(error) || device.value?.backend !== 'webgpu') throw error;
      notify({ kind: 'problem', text: STRINGS.problems.gpuLost, detail: errorField(error, 'message') });
      await replaceEngine('wasm', 'gpu-lost');
      await segmentAll();
    });
  } catch (error) {
    if (!isAbort(error)) notifyError(error);
  } finally {
    running.value = undefined;
  }
}

/** Segments the image that is open or being opened. During a run, new inputs stop it and start another. */
export async function run(): Promise<void> {
  if (!prompts.value.a.trim()) return;
  if (busy.value) {
    if (!inputsChanged.value) return;
    restarting = true;
    await stop();
    return;
  }
  busy.value = true;
  try {
    await opened();
    do {
      restarting = false;
      if (shownImage.value) await runOnce();
    } while (restarting);
  } finally {
    busy.value = false;
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
    // While the model opens there is nothing else to stop.
    else if (id !== before) stopping = true;
    before = id;
  });
}

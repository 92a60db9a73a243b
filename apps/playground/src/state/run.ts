// Segments the image by the prompts.
import { signal } from '@preact/signals';
import { proxy } from 'comlink';
import type { Estimate } from 'medclipseg';
import { STRINGS } from '../strings.ts';
import { errorField } from '../worker/errors.ts';
import type { Side } from '../worker/protocol.ts';
import { device, engine, replaceEngine } from './engine.ts';
import { images, shownImage } from './image.ts';
import { engineWithModel } from './model.ts';
import { isAbort, isGpuLoss, notify, notifyError } from './notices.ts';
import { activeSides, prompts } from './prompts.ts';
import { results, running, setResult } from './results.ts';
import { samples, seed } from './settings.ts';

/** Whether a run is in progress or being stopped. */
export const busy = signal(false);
let stopping = false;

async function segment(side: Side, prompt: string): Promise<void> {
  const { engine: ready, facts } = await engineWithModel();
  const id = shownImage.value?.id;
  if (id === undefined || stopping) return;
  const image = await images().forModel(id, facts.imageSize);
  const sampling = { samples: samples.value, seed: seed.value };
  const onSample = (estimate: Estimate, milliseconds: number) => {
    // The user may have opened another image meanwhile.
    if (shownImage.value?.id !== id || running.value !== side) return;
    void images().setResult(id, side, estimate);
    const times = estimate.samples === 1 ? [] : (results.value[side]?.milliseconds ?? []);
    setResult(side, { prompt, estimate, sampling, milliseconds: [...times, milliseconds] });
  };
  running.value = side;
  const end = await ready.segment(image, prompt, sampling, proxy(onSample));
  if (end === 'stopped') stopping = true;
}

async function segmentAll(): Promise<void> {
  for (const side of activeSides()) {
    const prompt = prompts.value[side].trim();
    if (!stopping && prompt) await segment(side, prompt);
  }
}

export async function run(): Promise<void> {
  if (busy.value || !shownImage.value || !prompts.value.a.trim()) return;
  busy.value = true;
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
    busy.value = false;
  }
}

/** Stops after the current sample; the result so far stays. */
export async function stop(): Promise<void> {
  stopping = true;
  await (await engine()).stop();
}

// Segments the picture by the prompts.
import { signal } from '@preact/signals';
import { proxy } from 'comlink';
import type { Estimate } from 'medclipseg';
import { STRINGS } from '../strings.ts';
import type { Side } from '../worker/protocol.ts';
import { engine, machine, replaceEngine } from './engine.ts';
import { explain, isAbort, isGpuLoss } from './explain.ts';
import { engineWithModel } from './model.ts';
import { say } from './notices.ts';
import { picture } from './picture.ts';
import { pictures } from './pictures.ts';
import { prompts, sidesToRun } from './prompts.ts';
import { results, running, setResult } from './results.ts';
import { samples, seed } from './settings.ts';

/** Whether something is being computed, or stopped. */
export const busy = signal(false);
let stopping = false;

async function segment(side: Side, prompt: string): Promise<void> {
  const { engine: ready, facts } = await engineWithModel();
  const id = picture.value?.id;
  if (id === undefined || stopping) return;
  const image = await pictures().forModel(id, facts.imageSize);
  const sampling = { samples: samples.value, seed: seed.value };
  const onSample = (estimate: Estimate, milliseconds: number) => {
    // The person may have opened another picture meanwhile.
    if (picture.value?.id !== id || running.value !== side) return;
    void pictures().setResult(id, side, estimate);
    const times = estimate.samples === 1 ? [] : (results.value[side]?.milliseconds ?? []);
    setResult(side, { prompt, estimate, sampling, milliseconds: [...times, milliseconds] });
  };
  running.value = side;
  const end = await ready.segment(image, prompt, sampling, proxy(onSample));
  if (end === 'stopped') stopping = true;
}

async function segmentAll(): Promise<void> {
  for (const side of sidesToRun()) {
    const prompt = prompts.value[side].trim();
    if (!stopping && prompt) await segment(side, prompt);
  }
}

export async function run(): Promise<void> {
  if (busy.value || !picture.value || !prompts.value.a.trim()) return;
  busy.value = true;
  stopping = false;
  try {
    await segmentAll().catch(async (error) => {
      if (!isGpuLoss(error) || machine.value?.backend !== 'webgpu') throw error;
      say({ kind: 'problem', text: STRINGS.problems.gpuLost, detail: (error as Error).message });
      await replaceEngine('wasm', 'gpu-lost');
      await segmentAll();
    });
  } catch (error) {
    if (!isAbort(error)) say(explain(error));
  } finally {
    running.value = undefined;
    busy.value = false;
  }
}

/** Ends the run after the sample under way; what there is stays. */
export async function stop(): Promise<void> {
  stopping = true;
  await (await engine()).stop();
}

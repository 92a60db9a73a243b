// experiment --plan: what a plan computes, and how long it takes on this machine, from a few measured steps.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSplit } from '@medclipseg/datasets/node';
import { hasTraining, LATEST } from 'medclipseg/node';
import type { BackendFlag } from '../../command.ts';
import { isAbort } from '../../errors.ts';
import { openModel, useBackend } from '../../open-model.ts';
import { columns } from '../../scores/table.ts';
import { testImage } from '../../scores/test-image.ts';
import type { Settings } from '../../settings/schema.ts';
import { runTraining } from '../train/training.ts';
import type { Item, Plan } from './plan.ts';

/** Steps of a training that are measured, after a first one that also prepares. */
const STEPS = 3;

export interface EstimateFlags extends BackendFlag {
  readonly data: string;
  readonly offline?: boolean;
}

interface Costs {
  /** Of a step, and of a validated and a tested image. */
  readonly step: number;
  readonly validation: number;
  readonly test: number;
}

interface Work {
  readonly steps: number;
  readonly validations: number;
  readonly images: number;
}

const rows = async (data: string, dataset: string, split: 'train' | 'val' | 'test', percentage?: number) =>
  (await readSplit(join(data, dataset), split, { percentage: percentage as 10 | undefined })).samples.length;

async function workOf({ settings, dataset, tests }: Item, data: string): Promise<Work> {
  let images = 0;
  for (const test of tests) images += await rows(data, test.dataset, 'test');
  if (!settings) return { steps: 0, validations: 0, images };
  const { NUM_EPOCHS, BATCH_SIZE, DATA_PERCENTAGE } = settings.TRAIN;
  const train = await rows(data, dataset, 'train', DATA_PERCENTAGE);
  const val = await rows(data, dataset, 'val', DATA_PERCENTAGE);
  return { steps: NUM_EPOCHS * Math.ceil(train / BATCH_SIZE), validations: NUM_EPOCHS * val, images };
}

/** Measures a few steps of a training, and one image of a test. */
async function measured(item: Item, data: string, offline: boolean | undefined, signal: AbortSignal): Promise<Costs> {
  const folder = await mkdtemp(join(tmpdir(), 'medclipseg-plan-'));
  try {
    let step = 0;
    if (item.settings) {
      const control = new AbortController();
      const times: number[] = [];
      await runTraining({
        settings: item.settings,
        data: [join(data, item.dataset)],
        out: folder,
        offline,
        signal: AbortSignal.any([signal, control.signal]),
        onNotice: () => {},
        onStep: () => {
          times.push(performance.now());
          if (times.length > STEPS) control.abort();
        },
      }).catch((error) => {
        if (!control.signal.aborted || !isAbort(error) || signal.aborted) throw error;
      });
      step = ((times.at(-1) as number) - (times[0] as number)) / 1000 / Math.max(1, times.length - 1);
    }
    const name = item.settings && (await hasTraining(folder)) ? join(folder, LATEST) : (item.model as string);
    const model = await openModel(name, { offline, revision: item.revision }, signal);
    try {
      const [test] = item.tests;
      const { samples: files } = await readSplit(join(data, test?.dataset as string), 'test');
      const file = files[0] as (typeof files)[number];
      await testImage(model, file, { samples: item.samples, seed: item.seed, signal });
      const began = performance.now();
      await testImage(model, file, { samples: item.samples, seed: item.seed, signal });
      const batch = item.settings?.TRAIN.BATCH_SIZE ?? 1;
      // A validation is a forward pass, about a third of a step.
      return { step, validation: step / batch / 3, test: (performance.now() - began) / 1000 };
    } finally {
      await model.dispose();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Models with the same encoders and batches take the same time for a step. */
function kindOf({ settings, model }: Item): string {
  if (!settings) return `${model?.split('/')[0]}`;
  const { MODEL, TRAIN } = settings as Settings;
  return JSON.stringify([MODEL, TRAIN.BATCH_SIZE, TRAIN.MICRO_BATCH]);
}

const hours = (seconds: number): string =>
  seconds < 120
    ? `${Math.ceil(seconds)} s`
    : seconds < 7200
      ? `${Math.round(seconds / 60)} min`
      : `${(seconds / 3600).toFixed(1)} h`;

/** Prints the models of a plan with steps, tests and an estimate of their time on this machine. */
export async function showPlan(plan: Plan, flags: EstimateFlags, signal: AbortSignal): Promise<void> {
  const works: Work[] = [];
  for (const item of plan.items) works.push(await workOf(item, flags.data));
  await useBackend(flags);
  const costs = new Map<string, Costs>();
  let total = 0;
  const lines: string[][] = [];
  for (const [i, item] of plan.items.entries()) {
    const kind = kindOf(item);
    const cost = costs.get(kind) ?? (await measured(item, flags.data, flags.offline, signal));
    costs.set(kind, cost);
    const { steps, validations, images } = works[i] as Work;
    const seconds = steps * cost.step + validations * cost.validation + images * cost.test;
    total += seconds;
    lines.push([item.id, `${steps}`, `${images}`, `${item.samples}`, hours(seconds)]);
  }
  process.stdout.write(`${plan.title}: ${plan.items.length} models\n`);
  process.stdout.write(`${columns([['', 'steps', 'test images', 'samples', 'time'], ...lines])}\n`);
  process.stdout.write(
    `about ${hours(total)} on this machine, by ${STEPS} measured steps and one image of each kind of model\n`,
  );
  for (const difference of plan.differences) process.stdout.write(`not as published: ${difference}\n`);
}

// Works on the items of a plan: claims one after another, trains and tests, and waits for those that other processes work on.
import { mkdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type PromptDesign, readSplit, withMaskReadings } from '@medclipseg/datasets/node';
import { isModelError, type MedCLIPSeg } from 'medclipseg';
import { overlapScores, publishedSurfaceDice } from 'medclipseg/metrics';
import { acquireLock, hasTraining, LATEST, openJsonLines } from 'medclipseg/node';
import { stringify } from 'yaml';
import type { Shard } from '../../command.ts';
import { describe, isAbort, UsageError } from '../../errors.ts';
import { openModel } from '../../open-model.ts';
import { testImage } from '../../scores/test-image.ts';
import type { Settings } from '../../settings/schema.ts';
import { runTraining } from '../train/training.ts';
import { type ImageRow, openTests, pathsIn, readText, type TestScores, writeJson } from './files.ts';
import type { Item, Plan, TestItem } from './plan.ts';

export interface WorkOptions {
  readonly out: string;
  /** Folder that holds the datasets by their names. */
  readonly data: string;
  readonly shard: Shard;
  readonly cache?: string;
  readonly offline?: boolean;
  readonly signal: AbortSignal;
  readonly onNotice: (text: string) => void;
}

/** How far an item is, for `experiment status`. */
export interface ItemProgress {
  readonly stage: 'training' | 'testing' | 'done' | 'failed';
  /** What is tested, or why it failed. */
  readonly detail: string;
  readonly done: number;
  readonly total: number;
  /** Seconds that one step or image took, on average in this process. */
  readonly secondsEach?: number;
  readonly host: string;
  readonly process: number;
  /** ISO 8601. */
  readonly time: string;
}

/** Progress is written at most this often, in milliseconds. */
const EVERY = 5000;
/** Looks this often whether another process has finished an item, in milliseconds. */
const POLL = 2000;

/** Writes how far an item is, now and then. */
function progressWriter(path: string) {
  let [last, began, from] = [Number.NEGATIVE_INFINITY, performance.now(), 0];
  let stage = '';
  return async (now: Pick<ItemProgress, 'stage' | 'detail' | 'done' | 'total'>): Promise<void> => {
    const time = performance.now();
    const key = `${now.stage} ${now.detail}`;
    if (key !== stage) [stage, began, from, last] = [key, time, now.done, Number.NEGATIVE_INFINITY];
    if (time - last < EVERY && now.done < now.total) return;
    last = time;
    const steps = now.done - from;
    await writeJson(path, {
      ...now,
      ...(steps > 0 && { secondsEach: (time - began) / 1000 / steps }),
      host: hostname(),
      process: process.pid,
      time: new Date().toISOString(),
    } satisfies ItemProgress);
  };
}

type Report = ReturnType<typeof progressWriter>;

/** Trains the model of an item, or resumes its training. */
async function train(item: Item & { readonly settings: Settings }, options: WorkOptions, report: Report) {
  const folder = pathsIn(options.out).model(item.id);
  const settings = stringify(item.settings);
  const before = await readText(join(folder, 'settings.yaml'));
  if (before !== undefined && before !== settings)
    throw new UsageError(folder, 'a training with these settings', 'one with others', 'Choose another --out.');
  const done = join(folder, 'trained.json');
  if ((await readText(done)) !== undefined) return;
  const { cache, offline, signal, onNotice } = options;
  let steps = 0;
  await runTraining({
    settings: item.settings,
    data: [join(options.data, item.dataset)],
    out: folder,
    resume: await hasTraining(folder),
    cache,
    offline,
    signal,
    onNotice: (text) => onNotice(`${item.id}: ${text}`),
    onStep: async (step, total) => {
      steps = total;
      await report({ stage: 'training', detail: item.dataset, done: step, total });
    },
  });
  await writeJson(done, { steps });
}

/** Scores the images of a test set that are not scored yet. */
async function test(model: MedCLIPSeg, item: Item, target: TestItem, options: WorkOptions, report: Report) {
  const { out, data, signal, onNotice } = options;
  const paths = pathsIn(out);
  const dataset = join(data, target.dataset);
  const { samples, missing } = await readSplit(dataset, 'test', { design: target.design as PromptDesign });
  const files = await withMaskReadings(samples, { dataset, signal, onNotice });
  const partial = paths.partial(item.id, target);
  const rows = new Map<string, ImageRow>();
  const lines = await openJsonLines(partial, {
    keep: (row) => typeof row.name === 'string' && Boolean(rows.set(row.name, row as unknown as ImageRow)),
  });
  try {
    for (const file of files) {
      if (rows.has(file.name)) continue;
      signal.throwIfAborted();
      const { truth, prediction } = await testImage(model, file, { samples: item.samples, seed: item.seed, signal });
      const { dsc } = overlapScores(truth.data, prediction.data);
      const row = { name: file.name, dsc, nsd: publishedSurfaceDice(truth, prediction) };
      rows.set(file.name, row);
      await lines.write(row);
      const detail = `${target.dataset}, ${target.design}`;
      await report({ stage: 'testing', detail, done: rows.size, total: files.length });
    }
  } finally {
    await lines.close();
  }
  const images = files.map(({ name }) => rows.get(name) as ImageRow);
  const scores: TestScores = { model: item.id, digest: item.digest, ...target, missing, images };
  await writeJson(paths.scores(item.id, target), scores);
  await rm(partial, { force: true });
}

/** Does everything that is left of an item. */
async function complete(item: Item, options: WorkOptions): Promise<void> {
  const paths = pathsIn(options.out);
  const report = progressWriter(paths.progress(item.id));
  if (item.settings) await train({ ...item, settings: item.settings }, options, report);
  const name = item.model ?? join(paths.model(item.id), LATEST);
  const model = await openModel(name, { offline: options.offline, revision: item.revision }, options.signal);
  try {
    for (const target of await openTests(options.out, item)) await test(model, item, target, options, report);
  } finally {
    await model.dispose();
  }
  await report({ stage: 'done', detail: '', done: 1, total: 1 });
}

/** The claim of an item; nothing if another process has it. */
async function claim(path: string): Promise<(() => Promise<void>) | undefined> {
  await mkdir(dirname(path), { recursive: true });
  return acquireLock(path).catch((error) => {
    if (isModelError(error, 'medclipseg/locked')) return undefined;
    throw error;
  });
}

/**
 * Works until every item of the shard is done, by this process or others, or has failed here.
 *
 * @returns what failed, by item
 */
export async function work(plan: Plan, options: WorkOptions): Promise<ReadonlyMap<string, string>> {
  const { out, shard, signal, onNotice } = options;
  const paths = pathsIn(out);
  const failed = new Map<string, string>();
  let open = plan.items.filter((_, i) => i % shard.count === shard.index);
  let waiting = false;
  const attempt = async (item: Item): Promise<'done' | 'claimed' | 'failed'> => {
    if ((await openTests(out, item)).length === 0) return 'done';
    const release = await claim(paths.claim(item.id));
    if (!release) return 'claimed';
    try {
      onNotice(`${item.id}: begins`);
      await complete(item, options);
      onNotice(`${item.id}: done`);
      return 'done';
    } catch (error) {
      if (isAbort(error) || signal.aborted) throw error;
      // A process that is just ending may still hold the folder of a training.
      if (isModelError(error, 'medclipseg/locked')) return 'claimed';
      const message = describe(error);
      failed.set(item.id, message);
      onNotice(`${item.id}: failed: ${message}`);
      await progressWriter(paths.progress(item.id))({ stage: 'failed', detail: message, done: 0, total: 0 });
      return 'failed';
    } finally {
      await release();
    }
  };
  while (open.length > 0) {
    const claimed: Item[] = [];
    for (const item of open) {
      signal.throwIfAborted();
      if ((await attempt(item)) === 'claimed') claimed.push(item);
    }
    if (claimed.length > 0) {
      if (!waiting) onNotice(`waiting for other processes: ${claimed.map(({ id }) => id).join(', ')}`);
      waiting = true;
      await wait(POLL, undefined, { signal });
    }
    open = claimed;
  }
  return failed;
}

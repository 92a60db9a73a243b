// The folder of an experiment: plans, trained models, scores, tables, and who works on what.
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '@medclipseg/datasets/node';
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import type { Item, Plan, TestItem } from './plan.ts';

/** Scores of an image, 0 to 1. */
export interface ImageRow {
  readonly name: string;
  readonly dsc: number;
  readonly nsd: number;
}

/** Scores of a model on a test set. Holds nothing that differs between machines or runs. */
export interface TestScores extends TestItem {
  readonly model: string;
  /** Of the item. */
  readonly digest: string;
  /** Rows of the sheet that have no files. */
  readonly missing: readonly string[];
  readonly images: readonly ImageRow[];
}

const parts = {
  plan: (experiment: string) => join('plans', `${experiment}.json`),
  model: (id: string) => join('models', id),
  scores: (id: string, { dataset, design }: TestItem) => join('scores', id, `${dataset}-${design}.json`),
  /** Images scored so far. */
  partial: (id: string, { dataset, design }: TestItem) => join('progress', id, `${dataset}-${design}.jsonl`),
  progress: (id: string) => join('progress', `${id}.json`),
  claim: (id: string) => join('claims', `${id}.lock`),
  table: (experiment: string, ending: string) => join('tables', `${experiment}.${ending}`),
};

type Paths = { readonly [K in keyof typeof parts]: (...args: Parameters<(typeof parts)[K]>) => string };

/** The paths of an experiment's folder. */
export const pathsIn = (folder: string): Paths =>
  Object.fromEntries(
    Object.entries(parts).map(([key, part]) => [
      key,
      (...args: never[]) => join(folder, (part as (...args: never[]) => string)(...args)),
    ]),
  ) as Paths;

export async function writeJson(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomically(path, `${JSON.stringify(value, null, 1)}\n`);
}

export const readText = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });

const scoresSchema = z.object({
  model: z.string(),
  digest: z.string(),
  dataset: z.string(),
  design: z.string(),
  missing: z.array(z.string()),
  images: z.array(z.object({ name: z.string(), dsc: z.number(), nsd: z.number() })),
});

const damaged = (path: string, cause: unknown) =>
  new UsageError(
    path,
    'a file that medclipseg experiment wrote',
    cause instanceof Error ? `something else (${cause.message.split('\n')[0]})` : 'something else',
    'Remove it and run the experiment again: it computes only what is missing.',
  );

/** Scores that are complete; nothing if they are not there yet. */
export async function readScores(folder: string, item: Item, test: TestItem): Promise<TestScores | undefined> {
  const path = pathsIn(folder).scores(item.id, test);
  const text = await readText(path);
  if (text === undefined) return undefined;
  let scores: TestScores;
  try {
    scores = scoresSchema.parse(JSON.parse(text));
  } catch (error) {
    throw damaged(path, error);
  }
  if (scores.digest !== item.digest)
    throw new UsageError(path, 'scores of this call', 'those of other settings', 'Choose another --out.');
  return scores;
}

const planSchema = z.object({
  format: z.literal('medclipseg-experiment-1'),
  experiment: z.string(),
  items: z.array(z.object({ id: z.string(), tests: z.array(z.object({ dataset: z.string(), design: z.string() })) })),
  tables: z.array(z.object({ title: z.string(), columns: z.array(z.string()), rows: z.array(z.object({})) })),
});

/** The plans in a folder, by the names of their experiments. */
export async function readPlans(folder: string): Promise<Plan[]> {
  const names = await readdir(join(folder, 'plans')).catch(() => []);
  const plans: Plan[] = [];
  for (const name of names.filter((each) => /^[^.].*\.json$/.test(each)).sort()) {
    const path = join(folder, 'plans', name);
    try {
      const plan: unknown = JSON.parse((await readText(path)) as string);
      planSchema.parse(plan);
      plans.push(plan as Plan);
    } catch (error) {
      throw damaged(path, error);
    }
  }
  if (plans.length === 0)
    throw new UsageError(folder, 'the folder of an experiment', 'one without plans', 'Give the --out of a run.');
  return plans;
}

/** Writes the plan of a run, or checks that the folder has the same one. */
export async function keepPlan(folder: string, plan: Plan): Promise<void> {
  const path = pathsIn(folder).plan(plan.experiment);
  const text = await readText(path);
  if (text === undefined) return writeJson(path, plan);
  if (text !== `${JSON.stringify(plan, null, 1)}\n`)
    throw new UsageError(
      path,
      'the plan of this call',
      'another: datasets, seeds, settings or samples differ',
      'Repeat the call that began it, or choose another --out.',
    );
}

/** Tests of an item that have no scores yet. */
export async function openTests(folder: string, item: Item): Promise<TestItem[]> {
  const open: TestItem[] = [];
  for (const test of item.tests) if (!(await readScores(folder, item, test))) open.push(test);
  return open;
}

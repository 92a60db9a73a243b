// The results of scoring: what is reported in addition to the scores, and the files that hold them.
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeLeftovers, writeFileAtomically } from '@medclipseg/datasets/node';
import { type Evaluation, publishedCsv, SCORE_NAMES, type ScoreName } from 'medclipseg/metrics';
import { z } from 'zod';
import { UsageError } from '../errors.ts';

export const RESULTS = 'scores.json';

/** The scores of a run. */
export interface ScoredRun extends Evaluation {
  /** Images whose true and predicted masks are both empty; as published, each counts as full agreement. */
  readonly bothEmpty: readonly string[];
}

/** The scores of label maps. */
export interface LabeledRun {
  readonly labels: Readonly<Record<string, ScoredRun>>;
  /** Means over the labels of their means over images. */
  readonly mean: Readonly<Record<ScoreName, number>>;
}

export const isLabeled = (run: ScoredRun | LabeledRun): run is LabeledRun => 'labels' in run;

/** The scores of each label and their means. */
export function labeledRun(labels: Readonly<Record<string, ScoredRun>>): LabeledRun {
  const runs = Object.values(labels);
  const meanOf = (name: ScoreName) => {
    const means = runs.map(({ summary }) => summary[name].mean).filter(Number.isFinite);
    return means.reduce((sum, mean) => sum + mean, 0) / means.length;
  };
  return { labels, mean: Object.fromEntries(SCORE_NAMES.map((name) => [name, meanOf(name)])) as LabeledRun['mean'] };
}

/**
 * Writes `scores.json` and `scores.csv` to a folder; of label maps, the means there and each label in a folder of its own.
 * Infinite distances are null in JSON.
 */
export async function writeResults(folder: string, results: ScoredRun | LabeledRun): Promise<void> {
  await mkdir(folder, { recursive: true });
  await removeLeftovers(folder);
  if (isLabeled(results)) {
    const { mean } = results;
    const folders = Object.fromEntries(
      Object.keys(results.labels).map((label) => [label, `label-${label.replace('#', '')}`]),
    );
    await writeFileAtomically(join(folder, RESULTS), `${JSON.stringify({ mean, labels: folders }, null, 2)}\n`);
    for (const [label, run] of Object.entries(results.labels))
      await writeResults(join(folder, folders[label] as string), run);
    return;
  }
  await writeFileAtomically(join(folder, RESULTS), `${JSON.stringify(results, null, 2)}\n`);
  await writeFileAtomically(join(folder, 'scores.csv'), publishedCsv(results.images));
}

const score = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.POSITIVE_INFINITY);
const schema = z.object({
  images: z.array(
    z.object({
      name: z.string(),
      ...(Object.fromEntries(SCORE_NAMES.map((name) => [name, score])) as Record<ScoreName, typeof score>),
    }),
  ),
});

export type ScoredImages = z.infer<typeof schema>['images'];

/** The scores of a run from its folder or file. */
export async function readScores(path: string): Promise<ScoredImages> {
  const folder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const file = folder ? join(path, RESULTS) : path;
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UsageError(file, 'the scores of a run', 'no such file', 'Run medclipseg test, or evaluate with --out.');
  });
  try {
    return schema.parse(JSON.parse(text)).images;
  } catch {
    throw new UsageError(
      file,
      'scores that medclipseg test or evaluate wrote',
      'something else',
      'Give another file; of label maps, the folder of one label.',
    );
  }
}

// The files of an evaluation: full precision as JSON, the published table as CSV.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '@medclipseg/datasets/node';
import { type Evaluation, publishedCsv, SCORE_NAMES, type ScoreName } from 'medclipseg/metrics';
import { z } from 'zod';
import { UsageError } from '../errors.ts';

export const RESULTS = 'scores.json';

/** Writes `scores.json` and `scores.csv` to a folder. Distances that are infinite are null in JSON. */
export async function writeResults(folder: string, results: Evaluation): Promise<void> {
  await writeWhole(join(folder, RESULTS), `${JSON.stringify(results, null, 2)}\n`);
  await writeWhole(join(folder, 'scores.csv'), publishedCsv(results.images));
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
    throw new UsageError(file, 'scores that medclipseg test or evaluate wrote', 'something else', 'Give another file.');
  }
}

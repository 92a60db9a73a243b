// medclipseg evaluate: scores a folder of masks against a folder of true ones, matched by stem.
import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { readImage, writeWhole } from '@medclipseg/datasets/node';
import { UsageError } from '../errors.ts';
import { score, summarise, summaryLine, toCsv } from '../score.ts';

export interface EvaluateOptions {
  readonly predictions: string;
  readonly truth: string;
  readonly csv?: string;
  readonly json?: boolean;
}

const IMAGE = /\.(png|bmp|jpe?g|tiff?)$/i;

async function images(flag: string, folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder).catch(() => {
    throw new UsageError(flag, 'a folder of masks', `'${folder}'`, 'Check the path.');
  });
  return new Map(names.filter((n) => IMAGE.test(n)).map((n) => [basename(n, extname(n)), join(folder, n)]));
}

export async function evaluate(options: EvaluateOptions): Promise<void> {
  const predictions = await images('--predictions', options.predictions);
  const truths = await images('--truth', options.truth);
  const both = [...truths.keys()].filter((name) => predictions.has(name)).sort();
  const missing = [...truths.keys()].filter((name) => !predictions.has(name)).sort();
  const extra = [...predictions.keys()].filter((name) => !truths.has(name)).sort();
  if (both.length === 0)
    throw new UsageError(
      '--predictions',
      'masks named as the true ones',
      'none',
      'Compare folders of the same images.',
    );
  const scores = [];
  for (const name of both)
    scores.push(
      score(
        name,
        await readImage(truths.get(name) as string, 'gray'),
        await readImage(predictions.get(name) as string, 'gray'),
      ),
    );
  if (missing.length > 0) process.stderr.write(`no prediction for ${missing.length}: ${missing.join(', ')}\n`);
  if (extra.length > 0) process.stderr.write(`no truth for ${extra.length}: ${extra.join(', ')}\n`);
  if (options.csv) await writeWhole(options.csv, toCsv(scores));
  const summary = summarise(scores);
  process.stdout.write(
    options.json ? `${JSON.stringify({ summary, missing, extra, scores })}\n` : `${summaryLine(summary)}\n`,
  );
}

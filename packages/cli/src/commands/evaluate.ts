// medclipseg evaluate: scores a folder of masks against a folder of true ones, matched by name.
import { basename } from 'node:path';
import { readImage, writeWhole } from '@medclipseg/datasets/node';
import { publishedCsv } from 'medclipseg/metrics';
import { IncompleteError, UsageError } from '../errors.ts';
import { imagesOf, match } from '../scores/matching.ts';
import { type ContourFlags, contourOptions } from '../scores/options.ts';
import { collect, scoreTable } from '../scores/results.ts';
import { binaryMask, type Score, score } from '../scores/score.ts';

export interface EvaluateOptions extends ContourFlags {
  readonly predictions: string;
  readonly truth: string;
  readonly csv?: string;
  readonly json?: boolean;
}

export async function evaluate(options: EvaluateOptions, signal: AbortSignal): Promise<void> {
  const contour = contourOptions(options);
  const predictions = await imagesOf('--predictions', options.predictions);
  const truths = await imagesOf('--truth', options.truth);
  const { both, missing, extra } = match(truths, predictions);
  if (both.length === 0)
    throw new UsageError(
      '--predictions',
      'masks named as the true ones',
      'none',
      'Compare folders of the same images.',
    );
  const scores: Score[] = [];
  for (const name of both) {
    signal.throwIfAborted();
    const path = truths.get(name) as string;
    const truth = binaryMask(await readImage(path, 'gray'));
    const prediction = await readImage(predictions.get(name) as string, 'gray');
    scores.push({ name, file: basename(path), ...score(truth, prediction, contour) });
  }
  const results = collect(scores, { ...contour, missing, extra });
  if (options.csv) await writeWhole(options.csv, publishedCsv(scores));
  process.stdout.write(options.json ? `${JSON.stringify(results)}\n` : `${scoreTable(results)}\n`);
  if (extra.length > 0) process.stderr.write(`no truth for ${extra.length}: ${extra.join(', ')}\n`);
  if (missing.length > 0) throw new IncompleteError(truths.size, missing, 'Predict them, or remove their true masks.');
}

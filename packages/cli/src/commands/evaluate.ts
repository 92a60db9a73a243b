// medclipseg evaluate: scores a folder of masks against a folder of true ones, matched by name.
import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { readImage, writeWhole } from '@medclipseg/datasets/node';
import { Evaluator, publishedCsv } from 'medclipseg/metrics';
import { IncompleteError, UsageError } from '../errors.ts';
import { binaryMask, predictedMask } from '../scores/masks.ts';
import { imagesOf, match } from '../scores/matching.ts';
import { type ContourFlags, contourOptions } from '../scores/options.ts';
import { probabilityAt, readProbability } from '../scores/probabilities.ts';
import type { CaseFiles } from '../scores/report.ts';
import { writeResults } from '../scores/results.ts';
import { evaluationTable } from '../scores/table.ts';

export interface EvaluateOptions extends ContourFlags {
  readonly predictions: string;
  readonly truth: string;
  readonly probabilities?: string;
  readonly out?: string;
  readonly csv?: string;
  readonly report?: string;
  readonly images?: string;
  readonly json?: boolean;
}

export async function evaluate(options: EvaluateOptions, signal: AbortSignal): Promise<void> {
  const evaluator = new Evaluator(contourOptions(options));
  const predictions = await imagesOf('--predictions', options.predictions);
  const truths = await imagesOf('--truth', options.truth);
  const maps = options.probabilities ? await imagesOf('--probabilities', options.probabilities) : undefined;
  const { both, missing, extra } = match(truths, predictions);
  if (both.length === 0)
    throw new UsageError(
      '--predictions',
      'masks named as the true ones',
      'none',
      'Compare folders of the same images.',
    );
  const unmapped = both.filter((name) => maps && !maps.has(name));
  if (unmapped.length > 0)
    throw new UsageError('--probabilities', 'a map for every mask', `none for ${unmapped.join(', ')}`, 'Add them.');
  for (const name of both) {
    signal.throwIfAborted();
    const path = truths.get(name) as string;
    const truth = binaryMask(await readImage(path, 'gray'));
    const prediction = predictedMask(await readImage(predictions.get(name) as string, 'gray'), truth);
    const probability = maps && probabilityAt(await readProbability(maps.get(name) as string), truth);
    evaluator.add({ name, file: basename(path), truth, prediction, probability });
  }
  const results = evaluator.result({ missing, extra });
  if (options.out) {
    await mkdir(options.out, { recursive: true });
    await writeResults(options.out, results);
  }
  if (options.csv) await writeWhole(options.csv, publishedCsv(results.images));
  if (options.report) {
    const images = options.images ? await imagesOf('--images', options.images) : undefined;
    const filesOf = (name: string): CaseFiles => ({
      truth: truths.get(name) as string,
      prediction: predictions.get(name) as string,
      probability: maps?.get(name),
      image: images?.get(name),
    });
    const details = { Predictions: options.predictions, 'True masks': options.truth };
    // Drawing needs the model's package; scoring alone does without it.
    const { writeReport } = await import('../scores/report.ts');
    await writeReport(options.report, results, filesOf, {
      title: `Scores of ${basename(options.predictions)}`,
      details,
    });
  }
  process.stdout.write(options.json ? `${JSON.stringify(results)}\n` : `${evaluationTable(results)}\n`);
  if (extra.length > 0) process.stderr.write(`no truth for ${extra.length}: ${extra.join(', ')}\n`);
  if (missing.length > 0) throw new IncompleteError(truths.size, missing, 'Predict them, or remove their true masks.');
}

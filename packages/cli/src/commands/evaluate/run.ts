// medclipseg evaluate: scores a folder of masks against a folder of true masks, matched by file name.
import { basename } from 'node:path';
import { writeFileAtomically } from '@medclipseg/datasets/node';
import { Evaluator, publishedCsv } from 'medclipseg/metrics';
import { type ContourFlags, contourOptions } from '../../command.ts';
import { IncompleteError, UsageError } from '../../errors.ts';
import { areEmpty, openMasks, readPair, type ScoredLabel, scoredLabels } from '../../scores/masks.ts';
import { imagesOf, type Matching, match } from '../../scores/matching.ts';
import { probabilityAt, readProbability } from '../../scores/probabilities.ts';
import type { CaseFiles } from '../../scores/report.ts';
import { labeledRun, type ScoredRun, writeResults } from '../../scores/results.ts';
import { evaluationTable } from '../../scores/table.ts';

export interface EvaluateOptions extends ContourFlags {
  readonly predictions: string;
  readonly truth: string;
  readonly label?: string;
  readonly probabilities?: string;
  readonly out?: string;
  readonly csv?: string;
  readonly report?: string;
  readonly images?: string;
  readonly json?: boolean;
}

type Files = ReadonlyMap<string, string>;

interface Run extends Matching {
  readonly truths: Files;
  readonly predictions: Files;
  readonly maps: Files | undefined;
}

/** The files of both folders, and which belong together. */
async function openRun(options: EvaluateOptions): Promise<Run> {
  const predictions = await imagesOf('--predictions', options.predictions);
  const truths = await imagesOf('--truth', options.truth);
  const maps = options.probabilities ? await imagesOf('--probabilities', options.probabilities) : undefined;
  const matching = match(truths, predictions);
  if (matching.both.length === 0)
    throw new UsageError(
      '--predictions',
      'masks with the names of the true masks',
      'none',
      'Compare folders of the same images.',
    );
  const unmapped = matching.both.filter((name) => maps && !maps.has(name));
  if (unmapped.length > 0)
    throw new UsageError('--probabilities', 'a map for every mask', `none for ${unmapped.join(', ')}`, 'Add them.');
  return { ...matching, truths, predictions, maps };
}

/** Scores the foreground, or one label, of all pairs. */
async function score(run: Run, label: ScoredLabel, options: EvaluateOptions, signal: AbortSignal): Promise<ScoredRun> {
  const { both, missing, extra, truths, predictions, maps } = run;
  const evaluator = new Evaluator(contourOptions(options));
  const bothEmpty: string[] = [];
  for (const name of both) {
    signal.throwIfAborted();
    const path = truths.get(name) as string;
    const { truth, prediction } = await readPair(path, predictions.get(name) as string, label);
    const probability = maps && probabilityAt(await readProbability(maps.get(name) as string), truth);
    if (areEmpty(truth, prediction)) bothEmpty.push(name);
    evaluator.add({ name, file: basename(path), truth, prediction, probability });
  }
  return { ...evaluator.result({ missing, extra }), bothEmpty };
}

async function report(run: Run, results: ScoredRun, label: ScoredLabel, options: EvaluateOptions): Promise<void> {
  const images = options.images ? await imagesOf('--images', options.images) : undefined;
  const filesOf = (name: string): CaseFiles => ({
    truth: run.truths.get(name) as string,
    truthReading: label.truth,
    prediction: run.predictions.get(name) as string,
    predictionReading: label.prediction,
    probability: run.maps?.get(name),
    image: images?.get(name),
  });
  // Drawing needs the model's package; scoring does not.
  const { writeReport } = await import('../../scores/report.ts');
  await writeReport(options.report as string, results, filesOf, {
    title: `Scores of ${basename(options.predictions)}`,
    details: {
      Predictions: options.predictions,
      'True masks': options.truth,
      ...(label.label !== undefined && { Label: label.label }),
    },
  });
}

export async function evaluate(options: EvaluateOptions, signal: AbortSignal): Promise<void> {
  contourOptions(options);
  const run = await openRun(options);
  const truth = await openMasks('--truth', options.truth, run.truths.values(), signal);
  const prediction = await openMasks('--predictions', options.predictions, run.predictions.values(), signal);
  const labels = scoredLabels(truth, prediction, options.label);
  const [only] = labels;
  const single = labels.length === 1 ? only : undefined;
  for (const flag of ['csv', 'report', 'probabilities'] as const)
    if (!single && options[flag] !== undefined)
      throw new UsageError(
        `--${flag}`,
        'one label',
        `label maps with the labels ${labels.map(({ label }) => label).join(', ')}`,
        'Choose one with --label.',
      );
  const scored: Record<string, ScoredRun> = {};
  for (const label of labels) scored[label.label ?? ''] = await score(run, label, options, signal);
  const one = single && (scored[single.label ?? ''] as ScoredRun);
  const results = one ?? labeledRun(scored);
  if (options.out) await writeResults(options.out, results);
  if (options.csv && one) await writeFileAtomically(options.csv, publishedCsv(one.images));
  if (options.report && one && single) await report(run, one, single, options);
  process.stdout.write(options.json ? `${JSON.stringify(results)}\n` : `${evaluationTable(results)}\n`);
  const { extra, missing, truths } = run;
  if (extra.length > 0) process.stderr.write(`no true mask for ${extra.length}: ${extra.join(', ')}\n`);
  if (missing.length > 0) throw new IncompleteError(truths.size, missing, 'Predict them, or remove their true masks.');
}

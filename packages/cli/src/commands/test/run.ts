// medclipseg test: predicts the test split and scores it.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  PROMPT_DESIGNS,
  type PromptDesign,
  readSplit,
  removeLeftovers,
  withMaskReadings,
  writePng,
} from '@medclipseg/datasets/node';
import { Evaluator } from 'medclipseg/metrics';
import {
  type BackendFlag,
  type ContourFlags,
  contourOptions,
  type ModelFlags,
  type SamplingFlags,
  samplingOptions,
} from '../../command.ts';
import { IncompleteError, UsageError } from '../../errors.ts';
import { uncertaintyImages } from '../../maps.ts';
import { openModel, useBackend } from '../../open-model.ts';
import { areEmpty } from '../../scores/masks.ts';
import { probabilityAt, rounded, writeProbability } from '../../scores/probabilities.ts';
import { type CaseFiles, writeReport } from '../../scores/report.ts';
import { writeResults } from '../../scores/results.ts';
import { evaluationTable } from '../../scores/table.ts';
import { testImage } from '../../scores/test-image.ts';
import { withPrompts } from './prompts.ts';

export interface TestOptions extends ContourFlags, SamplingFlags, ModelFlags, BackendFlag {
  readonly checkpoint: string;
  readonly data: string;
  readonly out?: string;
  readonly design: string;
  readonly prompt?: string;
  readonly shufflePrompts?: boolean;
  readonly label?: string;
  readonly report?: string;
  readonly json?: boolean;
}

export async function test(options: TestOptions, signal: AbortSignal): Promise<void> {
  if (!PROMPT_DESIGNS.includes(options.design as PromptDesign))
    throw new UsageError('--design', PROMPT_DESIGNS.join(', '), `'${options.design}'`, 'Choose one of them.');
  if (options.prompt !== undefined && options.shufflePrompts)
    throw new UsageError('--shuffle-prompts', 'to be given without --prompt', 'both', 'Choose one of them.');
  if (options.prompt?.trim() === '')
    throw new UsageError('--prompt', 'a prompt of one word or more', `'${options.prompt}'`, 'Say what to segment.');
  const evaluator = new Evaluator(contourOptions(options));
  const sampling = samplingOptions(options);
  const { samples, missing } = await readSplit(options.data, 'test', { design: options.design as PromptDesign });
  const masked = await withMaskReadings(samples, {
    label: options.label,
    dataset: options.data,
    signal,
    onNotice: (text) => process.stderr.write(`${text}\n`),
  });
  const files = withPrompts(masked, { ...options, seed: sampling.seed as number });
  const backend = await useBackend(options);
  const model = await openModel(options.checkpoint, options, signal);
  const { path } = model.info;
  const prompts = options.prompt ?? (options.shufflePrompts ? `${options.design}, shuffled` : options.design);
  const kind =
    options.prompt !== undefined ? 'prompt' : `${options.design}${options.shufflePrompts ? '-shuffled' : ''}`;
  // Next to the user's own checkpoint; the folders of shipped and downloaded ones are not for results.
  const home = existsSync(options.checkpoint) ? dirname(path) : 'out';
  const out = options.out ?? join(home, `test-${kind}`);
  const folders = ['masks', 'probabilities', 'uncertainty', 'uncertainty-color'].map((kind) => join(out, kind));
  for (const folder of folders) {
    await mkdir(folder, { recursive: true });
    await removeLeftovers(folder);
  }
  const size = model.config.vision.imageSize;
  const bothEmpty: string[] = [];
  for (const [i, file] of files.entries()) {
    const { name, maskPath } = file;
    const { estimate, mask, truth, prediction } = await testImage(model, file, { ...sampling, signal });
    const map = rounded({ width: size, height: size, data: estimate.probability });
    await writePng(join(out, 'masks', `${name}.png`), mask);
    await writeProbability(join(out, 'probabilities', `${name}.png`), map);
    const uncertainty = uncertaintyImages({ width: size, height: size, uncertainty: estimate.uncertainty });
    for (const [kind, draw] of Object.entries(uncertainty)) await writePng(join(out, kind, `${name}.png`), draw());
    const probability = probabilityAt(map, truth);
    if (areEmpty(truth, prediction)) bothEmpty.push(name);
    evaluator.add({ name, file: basename(maskPath), truth, prediction, probability });
    if ((i + 1) % 10 === 0) process.stderr.write(`${i + 1}/${files.length}\n`);
  }
  const { data, design } = options;
  const results = {
    model: path,
    data,
    design,
    prompts,
    sampling,
    backend,
    ...evaluator.result({ missing, extra: [] }),
    bothEmpty,
  };
  await writeResults(out, results);
  if (options.report) {
    const byName = new Map(files.map((file) => [file.name, file]));
    const filesOf = (name: string): CaseFiles => {
      const { imagePath, maskPath, maskReading, prompt } = byName.get(name) as (typeof files)[number];
      const [prediction, probability] = ['masks', 'probabilities'].map((kind) => join(out, kind, `${name}.png`));
      return {
        image: imagePath,
        truth: maskPath,
        truthReading: maskReading,
        prompt,
        prediction: prediction as string,
        probability,
      };
    };
    const details = {
      Model: path,
      Data: data,
      Prompts: prompts,
      Samples: options.samples,
      Seed: options.seed,
      Backend: backend,
    };
    await writeReport(options.report, results, filesOf, { title: `MedCLIPSeg on ${basename(data)}`, details });
  }
  process.stdout.write(options.json ? `${JSON.stringify(results)}\n` : `${evaluationTable(results)}\n`);
  if (missing.length > 0)
    throw new IncompleteError(files.length + missing.length, missing, 'Add the files that the sheet names.');
}

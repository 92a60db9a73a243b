// medclipseg test: predicts the test split and scores it.
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PROMPT_DESIGNS, type PromptDesign, readImage, readSplit, writePng } from '@medclipseg/datasets/node';
import { MedCLIPSeg } from 'medclipseg';
import { loadModel } from 'medclipseg/node';
import { useBackend } from '../backend.ts';
import { IncompleteError, UsageError } from '../errors.ts';
import { wholeNumber } from '../numbers.ts';
import { type ContourFlags, contourOptions } from '../scores/options.ts';
import { collect, scoreTable, writeResults } from '../scores/results.ts';
import { binaryMask, type Score, score } from '../scores/score.ts';

export interface TestOptions extends ContourFlags {
  readonly checkpoint: string;
  readonly data: string;
  readonly out?: string;
  readonly samples: string;
  readonly seed: string;
  readonly design: string;
  readonly backend: string;
  readonly json?: boolean;
}

export async function test(options: TestOptions, signal: AbortSignal): Promise<void> {
  if (!PROMPT_DESIGNS.includes(options.design as PromptDesign))
    throw new UsageError('--design', PROMPT_DESIGNS.join(', '), `'${options.design}'`, 'Choose one of them.');
  const contour = contourOptions(options);
  const [samples, seed] = [wholeNumber('--samples', options.samples), wholeNumber('--seed', options.seed)];
  const { samples: files, missing } = await readSplit(options.data, 'test', { design: options.design as PromptDesign });
  const backend = await useBackend(options.backend);
  const { network, tokenizer, path } = await loadModel(options.checkpoint);
  const model = new MedCLIPSeg(network, tokenizer);
  const out = options.out ?? join(dirname(path), `test-${options.design}`);
  await mkdir(join(out, 'masks'), { recursive: true });
  const size = network.config.vision.imageSize;
  const scores: Score[] = [];
  for (const [i, { name, sentence, imagePath, maskPath }] of files.entries()) {
    const { estimate } = await model.segment(await readImage(imagePath), sentence, { name, seed, samples, signal });
    // As published: the mask is kept at the model's size and brought to the truth's by its nearest pixel.
    const data = Uint8Array.from(estimate.probability, (p) => (p > 0.5 ? 255 : 0));
    const prediction = { width: size, height: size, channels: 1, data } as const;
    await writePng(join(out, 'masks', `${name}.png`), prediction);
    const truth = binaryMask(await readImage(maskPath, 'gray'));
    scores.push({ name, file: basename(maskPath), ...score(truth, prediction, contour) });
    if ((i + 1) % 10 === 0) process.stderr.write(`${i + 1}/${files.length}\n`);
  }
  model.dispose();
  const results = {
    ...collect(scores, { ...contour, missing, extra: [] }),
    model: path,
    data: options.data,
    design: options.design,
    samples,
    seed,
    backend,
  };
  await writeResults(out, results);
  process.stdout.write(options.json ? `${JSON.stringify(results)}\n` : `${scoreTable(results)}\n`);
  if (missing.length > 0)
    throw new IncompleteError(files.length + missing.length, missing, 'Add the files that the sheet names.');
}

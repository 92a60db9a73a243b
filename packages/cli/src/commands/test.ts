// medclipseg test: predicts the test split and scores it.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  PROMPT_DESIGNS,
  type PromptDesign,
  readImage,
  readSplit,
  writePng,
  writeWhole,
} from '@medclipseg/datasets/node';
import { MedCLIPSeg } from 'medclipseg';
import { loadModel } from 'medclipseg/node';
import { useBackend } from '../backend.ts';
import { UsageError } from '../errors.ts';
import { wholeNumber } from '../numbers.ts';
import { type Score, score, summarise, summaryLine, toCsv } from '../score.ts';

export interface TestOptions {
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
  const [samples, seed] = [wholeNumber('--samples', options.samples), wholeNumber('--seed', options.seed)];
  const { samples: files, missing } = await readSplit(options.data, 'test', { design: options.design as PromptDesign });
  if (missing.length > 0)
    process.stderr.write(`${missing.length} rows have no files and are left out: ${missing.join(', ')}\n`);
  await useBackend(options.backend);
  const { network, tokenizer } = await loadModel(options.checkpoint);
  const model = new MedCLIPSeg(network, tokenizer);
  const out = options.out ?? join(options.checkpoint, `test-${options.design}`);
  await mkdir(out, { recursive: true });
  const size = network.config.vision.imageSize;
  const scores: Score[] = [];
  for (const [i, { name, sentence, imagePath, maskPath }] of files.entries()) {
    const { estimate } = await model.segment(await readImage(imagePath), sentence, { name, seed, samples, signal });
    // As published: the mask is kept at the model's size and brought to the truth's by its nearest pixel.
    const data = Uint8Array.from(estimate.probability, (p) => (p > 0.5 ? 255 : 0));
    const prediction = { width: size, height: size, channels: 1, data } as const;
    await writePng(join(out, `${name}.png`), prediction);
    scores.push(score(name, await readImage(maskPath, 'gray'), prediction));
    if ((i + 1) % 10 === 0) process.stderr.write(`${i + 1}/${files.length}\n`);
  }
  model.dispose();
  const summary = summarise(scores);
  await writeWhole(join(out, 'scores.csv'), toCsv(scores));
  await writeWhole(
    join(out, 'scores.json'),
    `${JSON.stringify({ summary, samples, seed, design: options.design, missing, scores }, null, 2)}\n`,
  );
  process.stdout.write(options.json ? `${JSON.stringify(summary)}\n` : `${summaryLine(summary)}\n`);
}

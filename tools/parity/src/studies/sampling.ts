// npm run sampling -- CHECKPOINT DATASET [--work FOLDER] [--images 100] [--reference 1000] [--pairs] [--backend wasm]: error and cost of other sampling methods.

import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { normalizePixels, resizeLinear } from '@medclipseg/datasets';
import { readImage, readSplit, type SampleFile } from '@medclipseg/datasets/node';
import { type DeviceName, MedCLIPSeg } from 'medclipseg';
import { type MonteCarloOptions, monteCarlo, type View } from 'medclipseg/internal';
import { type Estimated, mapStore } from './sampling-maps.ts';
import { samplingTable } from './sampling-table.ts';

/** Runs, and the numbers of samples at which each is evaluated; by default only at its end. */
const RUNS: readonly { readonly name: string; readonly options: MonteCarloOptions; readonly at?: readonly number[] }[] =
  [
    { name: 'plain', options: { samples: 30, fold: 1 }, at: [1, 3, 5, 10, 15, 30] },
    { name: 'antithetic', options: { samples: 6, fold: 2, antithetic: true }, at: [2, 4, 6] },
    { name: 'plain, stop at 0.005', options: { samples: 30, fold: 1, stopWhen: { standardError: 0.005 } } },
    {
      name: 'antithetic, stop at 0.005',
      options: { samples: 30, fold: 2, antithetic: true, stopWhen: { standardError: 0.005, minimum: 4 } },
    },
    { name: 'mean network', options: { samples: 0 } },
  ];
/** Samples of the reference per part; each part has its own seed. */
const PART = 10;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    work: { type: 'string', default: join(tmpdir(), 'medclipseg-sampling') },
    reference: { type: 'string', default: '1000' },
    images: { type: 'string', default: '100' },
    /** Draws the reference's samples in antithetic pairs, which have the same expectation and a smaller error. */
    pairs: { type: 'boolean', default: false },
    backend: { type: 'string', default: 'wasm' },
  },
});
const [checkpoint, dataset] = positionals;
if (!checkpoint || !dataset) {
  console.error(
    'Usage: npm run sampling -- CHECKPOINT DATASET [--work FOLDER] [--images 100] [--reference 1000] [--pairs]',
  );
  process.exit(2);
}
await mkdir(values.work, { recursive: true });
const { engine, tokenizer } = await MedCLIPSeg.fromPretrained(checkpoint, { device: values.backend as DeviceName });
const { preprocessing, vision } = engine.config;
const size = vision.imageSize;
const files = (await readSplit(dataset, 'test')).samples.slice(0, Number(values.images));
const store = mapStore(values.work, values.pairs ? 'pairs' : 'samples');

/** Milliseconds of processor time, which other processes do not affect. */
const clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

async function viewOf({ imagePath, prompt }: SampleFile): Promise<View> {
  const pixels = new Float32Array(size * size * 3);
  normalizePixels(resizeLinear(await readImage(imagePath), size, size), preprocessing, pixels);
  return { pixels, tokens: [tokenizer.encode(prompt)] };
}

async function estimatesOf(file: SampleFile): Promise<Estimated[]> {
  const view = await viewOf(file);
  const found: Estimated[] = [];
  for (const { name, options, at } of RUNS) {
    const begin = clock();
    // The time of the evaluation itself does not count.
    let looked = 0;
    const [estimate] = await monteCarlo(engine, [view], [file.name], {
      ...options,
      onSample: (done, estimateOf) => {
        const now = clock();
        if (at?.includes(done))
          found.push({
            method: `${name}, ${done}`,
            samples: done,
            ms: now - begin - looked,
            map: estimateOf(0).probability,
          });
        looked += clock() - now;
      },
    });
    if (!at && estimate)
      found.push({
        method: name,
        samples: options.samples === 0 ? 1 : estimate.samples,
        ms: clock() - begin - looked,
        map: estimate.probability,
      });
  }
  return found;
}

const progress = (text: string) => process.stderr.write(`${text}\n`);

/** Draws samples for an image's reference until it has `wanted`. */
async function refer(file: SampleFile, wanted: number): Promise<void> {
  for (let done = PART; done <= wanted; done += PART) {
    const reference = await store.reference(file.name, size * size);
    if (reference.samples >= done) continue;
    const drawing = { samples: PART, seed: 1_000_000 + done, antithetic: values.pairs };
    const [part] = await monteCarlo(engine, [await viewOf(file)], [file.name], drawing);
    if (part) await store.addReference(file.name, reference, PART, part.probability);
  }
}

// Existing results are kept, so that an interrupted run resumes.
const wanted = Number(values.reference);
for (const [i, file] of files.entries()) {
  if (!(await store.hasEstimates(file.name))) {
    // The first image of a process runs twice, so that warming up does not count.
    if (i === 0) await estimatesOf(file);
    await store.saveEstimates(file.name, await estimatesOf(file));
  }
  await refer(file, Math.min(wanted, 2 * PART));
  progress(`${i + 1}/${files.length} images`);
}
for (let done = 2 * PART; done < wanted; ) {
  done = Math.min(wanted, done + 10 * PART);
  for (const file of files) await refer(file, done);
  progress(`reference ${done}/${wanted}`);
}
console.log(
  await samplingTable(
    store,
    files.map(({ name }) => name),
  ),
);
process.exit(0);

// node --import tsx packages/datasets/bench/main.ts DATASET: how fast a dataset's training images are loaded, and in how much memory.
import { readSplit } from '../src/node.ts';
import { loadingMemory, loadingSpeed } from './loading.ts';

const [dataset] = process.argv.slice(2);
if (!dataset) throw new Error('dataset: expected a folder in the published layout, got none. Name one.');
const { samples } = await readSplit(dataset, 'train');
const few = samples.slice(0, 240);
for (const workers of [1, 2]) {
  const { loader, sharp, ratio } = await loadingSpeed(few, workers);
  process.stdout.write(
    `${workers} workers: ${loader.toFixed(0)} images/s, sharp alone ${sharp.toFixed(0)}, ratio ${ratio.toFixed(2)}\n`,
  );
}
const memory = await loadingMemory(samples, 10_000);
process.stdout.write(`MiB after each 1,000 of 10,000 images: ${memory.join(' ')}\n`);

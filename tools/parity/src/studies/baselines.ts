// npm run baselines -- DATASET: scores of predictions that do not look at the image, for comparison with a model.
import { resizeNearest, thresholdMask } from '@medclipseg/datasets';
import { readImage, readSplit, type SampleFile } from '@medclipseg/datasets/node';
import { dice } from 'medclipseg/metrics';

const SIZE = 224;

/** The words for size and location in a prompt such as "one small round polyp, located in top left of the image". */
const phrase = (prompt: string): string =>
  [
    prompt.match(/\b(small|medium|large)\b/i)?.[0] ?? '',
    prompt.match(/located in (.*?)(?: of the image)?$/i)?.[1] ?? '',
  ]
    .join('|')
    .toLowerCase();

async function masks(files: readonly SampleFile[]) {
  const loaded: { mask: Uint8Array; key: string }[] = [];
  for (const { maskPath, prompt } of files) {
    const mask = thresholdMask(resizeNearest(await readImage(maskPath, 'gray'), SIZE, SIZE), 128);
    loaded.push({ mask, key: phrase(prompt.trim()) });
  }
  return loaded;
}

/** The mean mask, thresholded where it scores best on the training masks. */
function bestCut(all: readonly { mask: Uint8Array }[]): Uint8Array {
  const sum = new Float64Array(SIZE * SIZE);
  for (const { mask } of all)
    mask.forEach((v, i) => {
      sum[i] = (sum[i] as number) + v;
    });
  let best = { score: -1, mask: new Uint8Array(SIZE * SIZE) };
  for (let cut = 0.05; cut < 0.75; cut += 0.05) {
    const mask = Uint8Array.from(sum, (v) => (v / all.length > cut ? 1 : 0));
    const score = all.reduce((total, sample) => total + dice(mask, sample.mask), 0);
    if (score > best.score) best = { score, mask };
  }
  return best.mask;
}

const dataset = process.argv[2];
if (!dataset) {
  console.error('Usage: npm run baselines -- DATASET');
  process.exit(2);
}
const train = await masks((await readSplit(dataset, 'train')).samples);
const test = await masks((await readSplit(dataset, 'test')).samples);
const mean = (predict: (key: string) => Uint8Array) =>
  (test.reduce((sum, { mask, key }) => sum + dice(predict(key), mask), 0) / test.length).toFixed(3);

const everything = new Uint8Array(SIZE * SIZE).fill(1);
const overall = bestCut(train);
const groups = new Map<string, Uint8Array>();
for (const key of new Set(train.map((sample) => sample.key)))
  groups.set(key, bestCut(train.filter((sample) => sample.key === key)));
console.log(`everything foreground                     ${mean(() => everything)}`);
console.log(`mean training mask                        ${mean(() => overall)}`);
console.log(`mean training mask per size and place     ${mean((key) => groups.get(key) ?? overall)}`);

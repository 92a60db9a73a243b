// How much the masks of an exported model change with the precision of its weights, over the test images of a dataset; the mean network.
// node --conditions=@medclipseg/source --import tsx tools/onnx/src/precision.ts data/Kvasir [MODEL]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { normalizePixels, resizeLinear } from '@medclipseg/datasets';
import { readImage, readSplit } from '@medclipseg/datasets/node';
import { compile, type Session, type TensorData } from '@medclipseg/onnx/node';
import { MedCLIPSeg } from 'medclipseg';
import { exportOnnx } from 'medclipseg/export';
import { overlapScores } from 'medclipseg/metrics';

const PRECISIONS = ['float32', 'float16', 'int8'] as const;

const [data, name = 'mini'] = process.argv.slice(2);
if (data === undefined)
  throw new Error('precision: expected a dataset folder, got none. Give for example data/Kvasir.');

const folder = await mkdtemp(join(tmpdir(), 'precision-'));
const model = await MedCLIPSeg.fromPretrained(name, { device: 'cpu' });
const size = model.config.vision.imageSize;

interface Exported {
  readonly prefix: Session;
  readonly sample: Session;
}

/** Probabilities of the mean network, [size · size]. */
async function probabilities(
  { prefix, sample }: Exported,
  image: TensorData,
  token_ids: TensorData,
): Promise<Float32Array> {
  const start = await prefix.run({ image, token_ids });
  const noise = sample.inputs.flatMap(({ name: input, shape }): [string, TensorData][] => {
    if (!input.startsWith('noise_')) return [];
    const [, tokens, width] = shape as [string, number, number];
    return [[input, { type: 'float32', shape: [1, tokens, width], data: new Float32Array(tokens * width) }]];
  });
  const { probability } = await sample.run({ ...start, token_ids, ...Object.fromEntries(noise) });
  return probability?.data as Float32Array;
}

const exported = new Map<string, Exported>();
for (const precision of PRECISIONS) {
  const place = join(folder, precision);
  const { card } = await exportOnnx(model, place, { precision });
  const [prefix, sample] = [card.graphs.prefix, card.graphs.sample].map(({ file }) => compile(join(place, file)));
  exported.set(precision, { prefix: (await prefix) as Session, sample: (await sample) as Session });
}

const dice = new Map<string, number[]>(PRECISIONS.map((precision) => [precision, []]));
const largest = new Map<string, number>();
for (const { imagePath, prompt } of (await readSplit(data, 'test')).samples) {
  const pixels = new Float32Array(size * size * 3);
  normalizePixels(resizeLinear(await readImage(imagePath), size, size), model.config.preprocessing, pixels);
  const image: TensorData = { type: 'float32', shape: [1, size, size, 3], data: pixels };
  const ids = model.tokenizer.encode(prompt);
  const token_ids: TensorData = { type: 'int32', shape: [1, ids.length], data: ids };
  let exact: Float32Array | undefined;
  for (const [precision, graphs] of exported) {
    const found = await probabilities(graphs, image, token_ids);
    exact ??= found;
    const mask = (map: Float32Array) => Uint8Array.from(map, (p) => (p > 0.5 ? 1 : 0));
    dice.get(precision)?.push(overlapScores(mask(exact), mask(found)).dsc);
    const difference = found.reduce(
      (worst, p, i) => Math.max(worst, Math.abs(p - ((exact as Float32Array)[i] as number))),
      0,
    );
    largest.set(precision, Math.max(largest.get(precision) ?? 0, difference));
  }
}
for (const [precision, scores] of dice) {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const worst = Math.min(...scores);
  process.stdout.write(
    `${precision.padEnd(8)} ${scores.length} images: Dice to float32 ${mean.toFixed(4)}, least ${worst.toFixed(4)}; largest difference of a probability ${largest.get(precision)?.toExponential(1)}\n`,
  );
}
for (const { prefix, sample } of exported.values()) await Promise.all([prefix.dispose(), sample.dispose()]);
await model.dispose();
await rm(folder, { recursive: true });

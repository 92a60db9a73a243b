// Parity of tokens, images and scores, which need no TensorFlow.js.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openTokenizer, PromptTooLongError } from '@medclipseg/clip-encoders/tokenizers';
import { type RasterImage, resizeLinear, resizeNearest, rotateNearest, thresholdMask } from '@medclipseg/datasets';
import { readImage } from '@medclipseg/datasets/node';
import { openTensorFile } from '@medclipseg/weights/node';
import { imageScores } from 'medclipseg/metrics';
import type { Row } from '../report.ts';

export async function filesParity(root: string): Promise<Row[]> {
  return [...(await tokens(root)), ...(await preprocessing(root)), ...(await scores(root))];
}

/** CLIP's merges are in a folder next to the golden one, because they are a vocabulary, not a golden value. */
async function tokens(root: string): Promise<Row[]> {
  const golden = join(root, 'tokenizer', 'clip-bpe.json');
  const merges = join(root, '..', 'vocab', 'clip_bpe_simple_vocab_16e6.txt.gz');
  if (!existsSync(golden) || !existsSync(merges)) return [];
  const tokenizer = await openTokenizer(new Uint8Array(await readFile(merges)));
  const prompts = JSON.parse(await readFile(golden, 'utf8')) as { text: string; ids?: number[]; error?: string }[];
  let wrong = 0;
  for (const { text, ids } of prompts) {
    let encoded: string;
    try {
      const row = tokenizer.encode(text);
      encoded = `${row.subarray(0, row.findLastIndex((id) => id !== 0) + 1)}`;
    } catch (error) {
      if (!(error instanceof PromptTooLongError)) throw error;
      encoded = 'refused';
    }
    if (encoded !== (ids ? `${ids}` : 'refused')) wrong += 1;
  }
  return [
    { file: 'tokenizer/clip-bpe.json', quantity: `${prompts.length} prompts that differ`, error: wrong, tolerance: 0 },
  ];
}

const bgr = ({ data }: RasterImage) => data.map((_, i) => data[i - (i % 3) + 2 - (i % 3)] as number);

async function preprocessing(root: string): Promise<Row[]> {
  const folder = join(root, 'preprocess');
  if (!existsSync(folder)) return [];
  const expected = await openTensorFile(join(folder, 'expected.safetensors'));
  const rows: Row[] = [];
  for (const name of expected.tensors.keys()) {
    const { shape, data } = await expected.read(name);
    const [kind, ...rest] = name.split('.');
    const [height, width] = shape as [number, number];
    let pixels: ArrayLike<number>;
    if (kind === 'image')
      pixels = bgr(resizeLinear(await readImage(join(folder, rest.slice(0, -1).join('.'))), width, height));
    else if (kind === 'mask')
      pixels = thresholdMask(
        resizeNearest(await readImage(join(folder, rest.slice(0, -1).join('.')), 'gray'), width, height),
      );
    else {
      if (rest[0] === 'input') continue;
      const input = await expected.read('rotate.input');
      pixels = rotateNearest({ width, height, channels: 3, data: Uint8Array.from(input.data) }, Number(rest[0])).data;
    }
    const difference = data.reduce((sum, v, i) => sum + Math.abs(v - (pixels[i] as number)), 0) / data.length;
    // JPEG decoders may differ by rounding; everything else must be equal byte for byte.
    rows.push({
      file: `preprocess/${name}`,
      quantity: 'mean byte difference',
      error: difference,
      tolerance: name.includes('.jpg') ? 1 : 0,
    });
  }
  return rows;
}

async function scores(root: string): Promise<Row[]> {
  const folder = join(root, 'metrics');
  if (!existsSync(folder)) return [];
  const masks = await openTensorFile(join(folder, 'masks.safetensors'));
  const expected = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')) as {
    name: string;
    dsc: number;
    nsd: number;
  }[];
  let [worstDice, worstSurface] = [0, 0];
  for (const [i, { dsc, nsd }] of expected.entries()) {
    const [truth, prediction] = [await masks.read(`${i}.truth`), await masks.read(`${i}.prediction`)];
    const [height, width] = truth.shape.slice(-2) as [number, number];
    const image = ({ data }: { data: Float32Array }) => ({ width, height, data: data.map((v) => (v > 0 ? 1 : 0)) });
    const scores = imageScores(image(truth), image(prediction));
    worstDice = Math.max(worstDice, Math.abs(scores.dsc - dsc));
    worstSurface = Math.max(worstSurface, Math.abs(scores.nsdPublished - nsd));
  }
  return [
    { file: 'metrics', quantity: `DSC of ${expected.length} pairs`, error: worstDice, tolerance: 1e-6 },
    { file: 'metrics', quantity: `NSD of ${expected.length} pairs`, error: worstSurface, tolerance: 1e-6 },
  ];
}

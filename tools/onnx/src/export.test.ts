// The example in docs/onnx.md computes our masks from an exported model.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  clipTokenizer,
  openTokenizer,
  type Tokenizer,
  wordPieceTokenizer,
  wordTokenizer,
} from '@medclipseg/clip-encoders/tokenizers';
import { drawPhantom } from '@medclipseg/datasets';
import { readImage, writePng } from '@medclipseg/datasets/node';
import { MedCLIPSeg } from 'medclipseg';
import { exportOnnx, hubTokenizer } from 'medclipseg/export';
import { overlapScores } from 'medclipseg/metrics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { python, runPython } from './python.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { image: square, prompt } = drawPhantom({ modality: 'endoscopy', seed: 3, size: 301 });
const image = { ...square, height: 240, data: square.data.slice(0, 301 * 240 * 3) };

const shared = process.env.MEDCLIPSEG_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const present = existsSync(`${shared}/vocab`);
if (!present && process.env.CI) throw new Error(`no golden values at ${shared}`);

let folder: string;
let script: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onnx-export-'));
  const [, example] = /```python\n([\s\S]*?)```/.exec(await readFile(`${root}/docs/onnx.md`, 'utf8')) ?? [];
  script = join(folder, 'segment.py');
  await writeFile(script, example ?? '');
  await writePng(join(folder, 'image.png'), image);
});
afterAll(() => rm(folder, { recursive: true }));

const maskOf = async (path: string) =>
  Uint8Array.from(
    (await readImage(path)).data.filter((_, i) => i % 3 === 0),
    (v) => (v > 127 ? 1 : 0),
  );

async function inPython(exported: string, samples: number): Promise<Uint8Array> {
  const mask = join(folder, `python-${samples}.png`);
  await runPython(script, '', exported, join(folder, 'image.png'), prompt, mask, String(samples));
  return maskOf(mask);
}

/** Refuses exported graphs that are not standard files. */
async function checkFiles(exported: string): Promise<void> {
  const models = ['prefix', 'sample'].map((name) => JSON.stringify({ model: join(exported, `${name}.onnx`) }));
  for (const line of (await runPython('check.py', models.join('\n'))).trim().split('\n'))
    expect(JSON.parse(line).error, line).toBeUndefined();
}

const medclipseg = (...args: string[]) =>
  promisify(execFile)(process.execPath, [
    '--conditions=@medclipseg/source',
    '--import',
    'tsx',
    join(root, 'packages/cli/src/main.ts'),
    ...args,
  ]);

const differing = (a: Uint8Array, b: Uint8Array) => a.reduce((count, value, i) => count + Number(value !== b[i]), 0);

describe.skipIf(!python)('the example for Python', () => {
  it('gives the mask of the mean network exactly, and that of 30 samples within the noise', async () => {
    const exported = join(folder, 'mini');
    await medclipseg('export', 'mini', '--onnx', exported, '--weights', 'checkpoint');
    await checkFiles(exported);
    const out = join(folder, 'out');
    await medclipseg(
      'predict',
      join(folder, 'image.png'),
      '--prompt',
      prompt,
      '--samples',
      '0',
      '--out',
      out,
      '--backend',
      'wasm',
    );
    const mean = await maskOf(join(out, 'image-mask.png'));
    expect(mean.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(500);
    expect(differing(await inPython(exported, 0), mean)).toBe(0);

    const model = await MedCLIPSeg.fromPretrained('mini', { device: 'onnx', threads: 1 });
    const masks = [];
    for (const seed of [1, 2]) masks.push((await model.segment(image, prompt, { samples: 30, seed })).mask);
    await model.dispose();
    const [a, b] = masks as [Uint8Array, Uint8Array];
    const sampled = await inPython(exported, 30);
    expect(1 - overlapScores(a, sampled).dsc).toBeLessThan(3 * (1 - overlapScores(a, b).dsc) + 0.005);
  });

  it('runs exports in int8 with external weights', async () => {
    const exported = join(folder, 'int8');
    const model = await MedCLIPSeg.fromPretrained('mini', { device: 'cpu' });
    await exportOnnx(model, exported, { precision: 'int8', weights: 'external' });
    await model.dispose();
    await checkFiles(exported);
    const exact = await maskOf(join(folder, 'python-0.png'));
    expect(overlapScores(exact, await inPython(exported, 0)).dsc).toBeGreaterThan(0.98);
  });

  const words = ['left', 'one', 'polyp', 'small', 'upper', '-', ',', '2'];
  const pieces = [
    '[PAD]',
    '[UNK]',
    '[CLS]',
    '[SEP]',
    'a',
    'polyp',
    'small',
    '##er',
    '##s',
    ',',
    '-',
    '2',
    'nai',
    '##ve',
    '.',
  ];
  const tokenizers: Record<string, Tokenizer> = {
    words: wordTokenizer({ words, contextLength: 24 }),
    clip: clipTokenizer({
      merges: ['p o', 'l y', 'po ly', 'poly p</w>', 's m', "' s</w>", 'a l', '1 2'],
      contextLength: 40,
    }),
    'word pieces': wordPieceTokenizer({ pieces, contextLength: 12 }),
  };
  const idsInPython = async (tokenizer: Tokenizer, prompts: readonly string[]): Promise<number[][]> => {
    const file = join(folder, 'tokenizer.json');
    await writeFile(file, JSON.stringify(hubTokenizer(tokenizer.toJson())));
    const answers = await runPython('tokens.py', prompts.map((text) => JSON.stringify(text)).join('\n'), file);
    return answers
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };

  it.each(Object.keys(tokenizers))('has a tokenizer of %s that gives the same ids', async (name) => {
    const tokenizer = tokenizers[name] as Tokenizer;
    const prompts = [
      'one small polyp',
      'One SMALL polyp, upper-left.',
      'smaller polyps',
      '  two\tpolyps\n in 12 places ',
      "the polyp's edge",
      'naïve ÄÖ ß',
      'a-b ... !!',
      '病変 polyp',
      'x'.repeat(8),
    ];
    expect(await idsInPython(tokenizer, prompts)).toEqual(prompts.map((text) => [...tokenizer.encode(text)]));
  });

  it.skipIf(!present).each(['clip_bpe_simple_vocab_16e6.txt.gz', 'bert-base-uncased-vocab.txt'])(
    'has a tokenizer of %s that gives the same ids for the golden prompts',
    async (vocabulary) => {
      const tokenizer = await openTokenizer(new Uint8Array(await readFile(`${shared}/vocab/${vocabulary}`)));
      const rows: { text: string; error?: string }[] = JSON.parse(
        await readFile(`${shared}/golden/tokenizer/clip-bpe.json`, 'utf8'),
      );
      // Entities of HTML are resolved by ours only; too long prompts are refused.
      const prompts = rows.flatMap(({ text, error }) => (error || text.includes('&') ? [] : [text]));
      expect(prompts.length).toBeGreaterThan(300);
      expect(await idsInPython(tokenizer, prompts)).toEqual(prompts.map((text) => [...tokenizer.encode(text)]));
    },
  );
});

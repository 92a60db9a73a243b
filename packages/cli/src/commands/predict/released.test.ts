// Released checkpoints by their names on the model hub, from the command line: a cold cache, offline, and a wrong vocabulary.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectBackend } from '@medclipseg/backends';
import { drawPhantom } from '@medclipseg/datasets';
import { writePhantoms, writePng } from '@medclipseg/datasets/node';
import type { HubServer } from '@medclipseg/testing/hub';
import { releasedHub, releasedPath, vocabulary } from '@medclipseg/testing/released';
import { afterAll, beforeAll, expect, it } from 'vitest';

const main = new URL('../../main.ts', import.meta.url).pathname;
const MODEL = 'TahaKoleilat/MedCLIPSeg/Kvasir';

let folder = '';
let scan = '';
let data = '';
let hub: HubServer;
beforeAll(async () => {
  await selectBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'released-'));
  scan = join(folder, 'scan.png');
  data = join(folder, 'data');
  await writePng(scan, drawPhantom({ modality: 'endoscopy', seed: 1, size: 32 }).image);
  await writePhantoms(data, { modality: 'endoscopy', count: 10, seed: 1, size: 32 });
  hub = await releasedHub();
});
afterAll(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

const run = (args: readonly string[], { url = hub.url, cache = 'cache' } = {}) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const env = {
      ...process.env,
      HF_ENDPOINT: url,
      HF_HUB_CACHE: join(folder, cache),
      HF_TOKEN: '',
      HF_HUB_OFFLINE: '',
    };
    const node = [
      '--conditions=@medclipseg/source',
      '--import',
      'tsx',
      main,
      ...args,
      '--samples',
      '1',
      '--backend',
      'wasm',
    ];
    execFile(process.execPath, node, { env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });

const predict = (model: string, out: string) => [
  'predict',
  scan,
  '--prompt',
  'one polyp',
  '--model',
  model,
  '--out',
  join(folder, out),
];
const probability = (out: string) => readFile(join(folder, out, 'scan-probability.png'));

it('opens with one name, and from the cache without the hub', async () => {
  const cold = await run(predict(MODEL, 'cold'));
  expect(cold.code, cold.err).toBe(0);
  expect(hub.asked.map(({ path }) => path)).toContainEqual(expect.stringContaining(releasedPath('Kvasir')));
  const requests = hub.asked.length;
  const offline = await run([...predict(MODEL, 'offline'), '--offline'], { url: 'http://127.0.0.1:9' });
  expect(offline.code, offline.err).toBe(0);
  expect(await probability('offline')).toEqual(await probability('cold'));
  expect(hub.asked).toHaveLength(requests);
  const part = await run(predict(`${MODEL}_10`, 'part'));
  expect(part.code, part.err).toBe(0);
  expect(await probability('part')).not.toEqual(await probability('cold'));
});

it('is tested on a dataset, with masks, maps and uncertainty', async () => {
  const out = join(folder, 'test');
  const { code, err, out: text } = await run(['test', '--checkpoint', MODEL, '--data', data, '--out', out, '--json']);
  expect(code, err).toBe(0);
  expect(JSON.parse(text).images).toHaveLength(1);
  for (const kind of ['masks', 'probabilities', 'uncertainty', 'uncertainty-color'])
    expect(await readdir(join(out, kind)), kind).toHaveLength(1);
});

it('without a dataset names those of the repository', async () => {
  const { code, err } = await run(predict('TahaKoleilat/MedCLIPSeg', 'none'));
  expect(code).toBe(1);
  expect(err).toContain('Kvasir_10');
  expect(err).toContain('BUSI');
});

it('refuses the vocabulary of another model, and writes nothing', async () => {
  const other = await releasedHub(vocabulary(false));
  const { code, err } = await run(predict(MODEL, 'wrong'), { url: other.url, cache: 'other' });
  await other.close();
  expect(code).toBe(1);
  expect(err).toContain('Give the tokenizer of microsoft/BiomedNLP-BiomedBERT');
  expect(err).not.toMatch(/^ {4}at /m);
  expect(await readdir(folder)).not.toContain('wrong');
});

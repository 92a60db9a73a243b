// The command as a user meets it: output, errors, exit codes.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

const main = new URL('./main.ts', import.meta.url).pathname;

const run = (...args: string[]) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=@medclipseg/source', '--import', 'tsx', main, ...args],
      (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });

it('an unknown flag is refused with a suggestion', async () => {
  const { code, err } = await run('predict', 'x.png', '--promt', 'polyp');
  expect(code).toBe(2);
  expect(err).toContain('--prompt');
});

it('a missing image is named', async () => {
  const { code, err } = await run('predict', join(folder, 'none.png'), '--prompt', 'polyp', '--model', folder);
  expect(code).toBe(1);
  expect(err).toContain('none.png: expected an image file, got none');
});

it('a setting that does not exist is named', async () => {
  const config = join(folder, 'settings.yaml');
  await writeFile(config, 'NAME: x\nMODEL: {}\nTRAIN: { EPOCHS: 3 }\n');
  const { code, err } = await run('train', '--config', config, '--data', folder, '--out', folder);
  expect(code).toBe(2);
  expect(err).toContain('EPOCHS');
});

it('a backend that is not here says what to install', async () => {
  const image = join(folder, 'image.png');
  await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .png()
    .toFile(image);
  const { code, err } = await run('predict', image, '--prompt', 'polyp', '--model', folder, '--backend', 'node');
  expect(code).toBe(1);
  expect(err).toContain('npm install @tensorflow/tfjs-node');
});

it('scores folders of masks and tells which have no partner', async () => {
  const square = (path: string, left: number) =>
    sharp({ create: { width: 20, height: 20, channels: 3, background: 'black' } })
      .composite([{ input: { create: { width: 8, height: 8, channels: 3, background: 'white' } }, left, top: 4 }])
      .png()
      .toFile(path);
  const [truth, predictions] = [await mkdtemp(join(folder, 't')), await mkdtemp(join(folder, 'p'))];
  await square(join(truth, 'a.png'), 4);
  await square(join(truth, 'b.png'), 4);
  await square(join(predictions, 'a.png'), 8);
  const folders = ['--predictions', predictions, '--truth', truth] as const;
  const { code, out, err } = await run('evaluate', ...folders, '--json');
  const { published, summary, missing, scores } = JSON.parse(out);
  expect(summary.dsc.mean).toBeCloseTo(0.5, 6);
  expect([published.dsc, missing, scores[0].hd95]).toEqual([0.5, ['b'], 4]);
  // What is there is scored; what is not there fails the command by name.
  expect(code).toBe(1);
  expect(err).toContain('expected 2 images, got 1');
  expect(err).toContain('Missing: b');
  await square(join(predictions, 'b.png'), 4);
  await square(join(predictions, 'c.png'), 4);
  const csv = join(folder, 'scores.csv');
  const whole = await run('evaluate', ...folders, '--csv', csv, '--spacing', '0.5');
  expect(whole.code).toBe(0);
  expect(whole.err).toContain('no truth for 1: c');
  expect(whole.out).toMatch(/HD95 +1\.00/);
  // Of nine columns of corners the published form misses two: 55.868 / 69.665.
  expect(await readFile(csv, 'utf8')).toBe('Name,DSC,NSD\na.png,0.5000,0.8020\nb.png,1.0000,1.0000\n');
  expect((await run('evaluate', ...folders, '--spacing', '0')).code).toBe(2);
});

it('doctor tells what works', async () => {
  const { code, out } = await run('doctor', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out).backends).toContainEqual({ name: 'wasm', works: true, reason: '' });
});

// The command as a user meets it: output, errors, exit codes.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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

it('doctor tells what works', async () => {
  const { code, out } = await run('doctor', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out).backends).toContainEqual({ name: 'wasm', works: true, reason: '' });
});

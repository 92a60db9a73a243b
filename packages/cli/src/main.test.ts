// The command as a user meets it: output, errors, exit codes.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

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
  expect(code).toBe(2);
  expect(err).toMatch(/^input: expected a file, a folder or a pattern .*, got '.*none\.png', which does not exist\./);
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
  // Also where the package is installed or the machine has a GPU.
  vi.stubEnv('CUDA_VISIBLE_DEVICES', '-1');
  const { code, err } = await run('predict', image, '--prompt', 'polyp', '--model', folder, '--backend', 'node-gpu');
  vi.unstubAllEnvs();
  expect(code).toBe(1);
  expect(err).toMatch(/backend 'node-gpu': expected .*, got .*\. Install/);
});

it('doctor lists what works', async () => {
  const { code, out } = await run('doctor', '--json');
  expect(code).toBe(0);
  for (const name of ['onnx', 'wasm'])
    expect(JSON.parse(out).backends).toContainEqual({ name, works: true, reason: '' });
});

/** Interrupts a command, some seconds later, while it computes on the CPU, which blocks its main thread, and once more when it has said so. */
const interrupted = (command: readonly string[], { twice, after = 2 }: { twice: boolean; after?: number }) =>
  new Promise<{ code: number | null; signal: NodeJS.Signals | null; err: string }>((resolve) => {
    const child = spawn(process.execPath, ['--conditions=@medclipseg/source', '--import', 'tsx', main, ...command]);
    let [err, sent] = ['', 0];
    child.stderr.on('data', (chunk) => {
      err += chunk;
      if (sent === 0 && err.includes('backend: cpu')) {
        sent = 1;
        setTimeout(() => child.kill('SIGINT'), 1000 * after);
      } else if (sent === 1 && twice && err.includes('stopping')) {
        sent = 2;
        child.kill('SIGINT');
      }
    });
    child.on('close', (code, signal) => resolve({ code, signal, err }));
  });

const DEMO = new URL('../../../docs/demo.png', import.meta.url).pathname;
const predictOnCpu = () => [
  ...['predict', DEMO, '--prompt', 'one polyp', '--backend', 'cpu', '--samples', '1000'],
  ...['--out', join(folder, 'interrupted')],
];

it('Ctrl-C ends a computation on the CPU without a stack, with exit code 130', async () => {
  const { code, err } = await interrupted(predictOnCpu(), { twice: false });
  expect(code).toBe(130);
  expect(err).toContain('stopping');
  expect(err).not.toMatch(/^ {4}at /m);
});

it('a second Ctrl-C ends it at once: the system does, while the main thread is still blocked', async () => {
  // On a busy machine the command may not compute yet, and then ends in good order before the second signal.
  let ended = await interrupted(predictOnCpu(), { twice: true });
  for (const after of [8, 30])
    if (ended.signal === null) ended = await interrupted(predictOnCpu(), { twice: true, after });
  const { signal, err } = ended;
  expect(signal).toBe('SIGINT');
  expect(err.match(/stopping/g)).toHaveLength(1);
  expect(err).not.toMatch(/^ {4}at /m);
});

it('a pipe and a device are no images, and a folder needs some', async () => {
  const pipe = join(folder, 'pipe.png');
  spawnSync('/bin/bash', ['-c', `mkfifo '${pipe}'`]);
  for (const [path, found] of [
    [pipe, 'a pipe or a device'],
    ['/dev/zero', 'a pipe or a device'],
  ] as const) {
    const { code, err } = await run('predict', path, '--prompt', 'polyp');
    expect(code).toBe(1);
    expect(err).toContain(`${path}: expected an image file, got ${found}`);
  }
  const both = await run('predict', pipe, '/dev/zero', '--prompt', 'polyp', '--out', join(folder, 'none'));
  expect(both.code).toBe(1);
  expect(both.out + both.err).toContain(`${pipe}: expected an image file, got a pipe or a device`);
  const empty = await mkdtemp(join(tmpdir(), 'empty-'));
  const { code, err } = await run('predict', empty, '--prompt', 'polyp');
  await rm(empty, { recursive: true });
  expect(code).toBe(2);
  expect(err).toContain('inputs: expected images, volumes or DICOM series, got none');
});

it.each(['', '   '])('a prompt without words is refused: %j', async (prompt) => {
  const { code, err } = await run(
    'predict',
    new URL('../../../docs/demo.png', import.meta.url).pathname,
    '--prompt',
    prompt,
  );
  expect(code).toBe(2);
  expect(err).toContain('--prompt: expected');
});

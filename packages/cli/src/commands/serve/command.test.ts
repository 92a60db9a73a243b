// The command as a process: its address, its refusals, its results, and its end.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawPhantom } from '@medclipseg/datasets';
import { writePng } from '@medclipseg/datasets/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { form } from './fixtures/tiny-server.ts';
import { serve } from './run.ts';

const main = new URL('../../main.ts', import.meta.url).pathname;
const NODE = ['--conditions=@medclipseg/source', '--import', 'tsx', main];
const TOKEN = 'a-token-of-twenty-letters';
const DEFAULTS = {
  backend: 'wasm',
  model: 'mini',
  host: '127.0.0.1',
  port: '0',
  allowOrigin: [],
  allowHost: [],
  queue: '16',
  maxBody: '64',
  maxPixels: '50000000',
  maxSamples: '100',
  timeout: '60',
  grace: '10',
};
const env = { ...process.env, MEDCLIPSEG_TOKEN: undefined };

let folder = '';
/** With the prompt of its lesion, so that there is a mask to compare. */
const phantom = drawPhantom({ modality: 'endoscopy', seed: 9003, size: 96 });
let scan = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serve-'));
  scan = join(folder, 'scan.png');
  await writePng(scan, phantom.image);
});
afterAll(() => rm(folder, { recursive: true }));

const run = (...args: string[]) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(process.execPath, [...NODE, ...args], { env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });

/** Starts the command on a free port and waits for its address. */
async function start(...args: string[]) {
  const child = spawn(process.execPath, [...NODE, 'serve', '--backend', 'wasm', '--port', '0', ...args], { env });
  let err = '';
  child.stderr.on('data', (data) => {
    err += data;
  });
  const ended = once(child, 'exit').then(([code]) => ({ code: code as number, err }));
  const [line] = (await Promise.race([
    once(child.stdout, 'data'),
    ended.then(({ err }) => Promise.reject(new Error(err))),
  ])) as [Buffer];
  return { child, ended, url: line.toString().trim() };
}

describe('medclipseg serve', () => {
  it('gives the maps of predict byte for byte, and ends in order', async () => {
    const { child, ended, url } = await start();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const out = join(folder, 'out');
    const { prompt } = phantom;
    const options = ['--samples', '2', '--seed', '7', '--backend', 'wasm', '--out', out, '--json'];
    const predicted = await run('predict', scan, '--prompt', prompt, ...options);
    expect(predicted.code, predicted.err).toBe(0);
    const body = form(
      { prompt, samples: '2', seed: '7', maps: 'mask,probability,uncertainty,overlay' },
      await readFile(scan),
    );
    const answer = await (await fetch(`${url}/v1/segment`, { method: 'POST', body })).json();
    expect(Object.keys(answer.maps)).toEqual(['mask', 'probability', 'uncertainty', 'overlay']);
    for (const [name, { base64 }] of Object.entries<{ base64: string }>(answer.maps))
      expect(base64).toBe((await readFile(join(out, `scan-${name}.png`))).toString('base64'));
    const report = JSON.parse(predicted.out);
    expect(report.foregroundPixels).toBeGreaterThan(0);
    for (const name of ['foregroundPixels', 'meanUncertainty', 'uncertaintyPerForeground', 'expectedDice', 'samples'])
      expect(answer[name], name).toBe(report[name]);
    child.kill('SIGTERM');
    const { code, err } = await ended;
    expect(code).toBe(0);
    expect(err).toMatch(/"route":"\/v1\/segment","status":200/);
    expect(err).not.toContain(prompt);
  });

  it('asks for a token from a file, and ends at Ctrl-C', async () => {
    const file = join(folder, 'token');
    await writeFile(file, `${TOKEN}\n`);
    const { child, ended, url } = await start('--token-file', file, '--quiet');
    expect((await fetch(`${url}/v1/models`)).status).toBe(401);
    expect((await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
    child.kill('SIGINT');
    const { code, err } = await ended;
    expect(code).toBe(0);
    expect(err).not.toMatch(/route|a-token/);
  });

  it.each([
    [{ host: '0.0.0.0' }, /^--host: expected a token, since other machines reach this address, got none/],
    [{ host: 'no.such.host.invalid' }, /^--host: expected an address of this machine/],
    [{ port: '70000' }, /^--port: expected a whole number from 0 to 65535/],
    [{ tokenFile: '/no/such/file' }, /^--token-file: expected a file with a token, got one that cannot be read/],
    [{ tokenFile: '/dev/null' }, /^--token-file: expected a token of at least 16/],
    [{ allowOrigin: ['*'] }, /^--allow-origin: expected an origin such as/],
    [{ allowOrigin: ['https://a.example/path'] }, /^--allow-origin: expected an origin such as/],
    [{ timeout: '0' }, /^--timeout: expected seconds from 0.1 to 3600/],
    [{ maxPixels: '60000000' }, /^--max-pixels: expected a whole number from 1 to 50000000/],
  ])('%o is wrong usage', async (options, message) => {
    await expect(serve({ ...DEFAULTS, ...options }, new AbortController().signal)).rejects.toThrow(message);
  });

  it('names a port that is taken', async () => {
    const { child, ended, url } = await start();
    const { code, err } = await run('serve', '--backend', 'wasm', '--port', new URL(url).port);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/--port: expected a free port at 127.0.0.1, got \d+ \(EADDRINUSE\)/),
    ]);
    child.kill('SIGTERM');
    await ended;
  });
});

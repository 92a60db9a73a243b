// The OpenAPI document and the server agree: schemathesis sends valid, invalid and odd requests and checks every answer.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawPhantom } from '@medclipseg/datasets';
import { writePng } from '@medclipseg/datasets/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Served, startServer } from './serve.ts';

const TOOL = join(import.meta.dirname, '..');
const ENVIRONMENT = join(TOOL, '.venv');
/** Holds the requirements that were installed, once all of them were. */
const STAMP = join(ENVIRONMENT, 'installed.txt');

function installSchemathesis(): void {
  const requirements = join(TOOL, 'requirements.txt');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  rmSync(ENVIRONMENT, { recursive: true, force: true });
  execFileSync('python3', ['-m', 'venv', ENVIRONMENT], { stdio: 'inherit' });
  const flags = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
  execFileSync(join(ENVIRONMENT, 'bin', 'python'), flags, { stdio: 'inherit' });
  writeFileSync(STAMP, wanted);
}

const TOKEN = 'a-token-of-twenty-letters';

let folder: string;
let server: Served;
beforeAll(async () => {
  installSchemathesis();
  folder = await mkdtemp(join(tmpdir(), 'schemathesis-'));
  await writePng(join(folder, 'image.png'), drawPhantom({ modality: 'endoscopy', seed: 9003, size: 64 }).image);
  writeFileSync(join(folder, 'token'), TOKEN);
  server = await startServer('--max-samples', '1', '--token-file', join(folder, 'token'));
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
  await rm(folder, { recursive: true });
});

/** All checks but one: what files and prompts are accepted cannot be said in a schema. */
const FLAGS = [
  ...['--checks', 'all', '--exclude-checks', 'positive_data_acceptance'],
  ...['--phases', 'examples,coverage,fuzzing', '--max-examples', '15', '--seed', '1', '--no-color'],
];

it('every answer is as documented', async () => {
  const args = ['run', `${server.url}/openapi.json`, '--header', `Authorization: Bearer ${TOKEN}`, ...FLAGS];
  const env = {
    ...process.env,
    SCHEMATHESIS_HOOKS: join(import.meta.dirname, 'hooks.py'),
    MEDCLIPSEG_IMAGE: join(folder, 'image.png'),
  };
  const { failed, output } = await new Promise<{ failed: boolean; output: string }>((resolve) => {
    execFile(join(ENVIRONMENT, 'bin', 'schemathesis'), args, { env, cwd: folder }, (error, out, err) =>
      resolve({ failed: error !== null, output: `${out}\n${err}` }),
    );
  });
  expect(failed, output.slice(-6000)).toBe(false);
  expect(output).toMatch(/Tested: 3/);
});

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-export-'));
});
afterAll(() => rm(folder, { recursive: true }));

const main = new URL('../../main.ts', import.meta.url).pathname;

const run = (...args: string[]) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=@medclipseg/source', '--import', 'tsx', main, 'export', ...args],
      (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });

it('writes the files and names them', async () => {
  const out = join(folder, 'mini');
  const { code, out: text } = await run('mini', '--onnx', out, '--precision', 'float16', '--license', 'Apache-2.0');
  expect(code).toBe(0);
  expect((await readdir(out)).sort()).toEqual(['card.json', 'prefix.onnx', 'sample.onnx', 'tokenizer.json']);
  expect(text).toMatch(/prefix\.onnx {2}2\.\d MiB\n.*sample\.onnx {2}6\.\d MiB/);
});

it('refuses unknown precisions, and folders with other files', async () => {
  const wrong = await run('mini', '--onnx', join(folder, 'x'), '--precision', 'int4');
  expect([wrong.code, wrong.err]).toEqual([
    2,
    expect.stringContaining("--precision: expected float32, float16, int8, got 'int4'"),
  ]);
  await writeFile(join(folder, 'mine.txt'), '');
  const full = await run('mini', '--onnx', folder);
  expect([full.code, full.err]).toEqual([
    1,
    expect.stringMatching(/expected a new folder, or one with an earlier export/),
  ]);
});

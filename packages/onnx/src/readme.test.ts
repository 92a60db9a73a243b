// The example of the README runs as it is, but for the package that users install as a whole.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const WHOLE = "import * as tf from '@tensorflow/tfjs';";
const PARTS = `
import * as core from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as tfLayers from '@tensorflow/tfjs-layers';
const tf = { ...core, ...tfLayers };
`;

it('the example prints what it says', async () => {
  const [, example = ''] =
    /```ts\n([\s\S]*?)```/.exec(await readFile(`${import.meta.dirname}/../README.md`, 'utf8')) ?? [];
  expect(example).toContain(WHOLE);
  const folder = await mkdtemp(join(tmpdir(), 'readme-'));
  try {
    await symlink(join(import.meta.dirname, '../../../node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'example.mts'), example.replace(WHOLE, PARTS));
    const flags = ['--conditions=@medclipseg/source', '--import', 'tsx', 'example.mts'];
    const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: folder });
    expect(stdout).toContain(/console\.log.*\/\/ (.*)/.exec(example)?.[1]);
    expect(await readdir(folder)).toContain('model.onnx');
  } finally {
    await rm(folder, { recursive: true });
  }
});

// Newer Node, Bun and Deno: the model gives the same mask in all of them, and newer Node passes suites of this repository.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ROOT } from '../src/stage.ts';
import { start } from './run.ts';

const program = `
import { readImage } from '@medclipseg/datasets/node';
import { MedCLIPSeg, selectDevice } from 'medclipseg';

const { name } = await selectDevice('wasm');
const model = await MedCLIPSeg.fromPretrained('mini');
const { mask } = await model.segment(await readImage('../fixtures/scan.png'), 'one small polyp', { samples: 2, seed: 666 });
console.log(\`\${name} \${mask.length} \${mask.reduce((sum, value) => sum + value, 0)}\`); // One text: Deno colors numbers.
await model.dispose();
`;

let expected: string;

beforeAll(async () => {
  await writeFile(join(inject('npm'), 'smoke.js'), program);
  const { stdout } = await start(process.execPath, ['smoke.js'], inject('npm'));
  expected = stdout;
  expect(expected).toMatch(/^wasm 50176 \d+\n$/);
});

const modules = () => join(inject('runtimes'), 'node_modules');

it.each([
  ['Node 22', 'node-22/bin/node', ['smoke.js']],
  ['Node 24', 'node-24/bin/node', ['smoke.js']],
  ['Bun', '@oven/bun-linux-x64/bin/bun', ['smoke.js']],
  ['Deno', '@deno/linux-x64-glibc/deno', ['run', '--allow-all', 'smoke.js']],
])('%s computes the mask of this Node', async (_, file, parameters) => {
  const { code, stdout, stderr } = await start(join(modules(), file), parameters, inject('npm'));
  expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: expected });
});

describe.each(['node-22', 'node-24'])('%s', (node) => {
  // All suites take as long as CI itself; these are quick and cover the layers, losses and attention.
  it.each(['nn', 'losses', 'pvl-attention'])('passes the tests of %s', async (name) => {
    const bin = join(modules(), node, 'bin');
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
    const { code, stdout, stderr } = await start(
      'node',
      [vitest, 'run'],
      join(ROOT, 'packages', name),
      `${bin}:${process.env.PATH}`,
      {
        MEDCLIPSEG_TEST_BACKENDS: 'cpu',
      },
    );
    expect(code, stdout + stderr).toBe(0);
  });
});

// Output of the command through pipes and to full disks, in processes of their own.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = new URL('./main.ts', import.meta.url).pathname;
const TENSORS = 6000;

let folder = '';
let weights = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'output-'));
  weights = join(folder, 'many.safetensors');
  const header = Object.fromEntries(
    Array.from({ length: TENSORS }, (_, i) => [
      `layers.${i}.weight`,
      { dtype: 'F32', shape: [1], data_offsets: [4 * i, 4 * i + 4] },
    ]),
  );
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await writeFile(weights, Buffer.concat([length, json, Buffer.alloc(4 * TENSORS)]));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a line of bash in which `medclipseg` is the command; the line's own exit code is printed by the caller. */
const shell = (line: string) =>
  new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    const command = `'${process.execPath}' --conditions=@medclipseg/source --import tsx '${main}'`;
    const child = spawn('/bin/bash', ['-c', `medclipseg() { ${command} "$@"; }; ${line}`]);
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('close', (code) => resolve({ code, out, err }));
  });

const STACK = /^ {4}at /m;

describe('output', () => {
  it('arrives whole at a slow reader', async () => {
    const { code, out, err } = await shell(
      `set -o pipefail; medclipseg weights inspect ${weights} --json | (sleep 1; cat)`,
    );
    expect(code, err).toBe(0);
    expect(out.length).toBeGreaterThan(300_000);
    expect(JSON.parse(out).tensors).toHaveLength(TENSORS);
  });

  it('ends quietly when the reader goes away', async () => {
    const { out, err } = await shell(
      `medclipseg weights inspect ${weights} --json | head -c 100 >/dev/null; echo \${PIPESTATUS[0]}`,
    );
    expect(['0', '141']).toContain(out.trim());
    expect(err).toBe('');
  });

  it('ends quietly when both streams go to a reader that goes away', async () => {
    const { out } = await shell(
      `medclipseg weights inspect ${weights} 2>&1 | head -c 10 >/dev/null; echo \${PIPESTATUS[0]}`,
    );
    expect(['0', '141']).toContain(out.trim());
  });

  it('goes whole into a file', async () => {
    const path = join(folder, 'out.json');
    expect((await shell(`medclipseg weights inspect ${weights} --json > ${path}`)).code).toBe(0);
    expect(JSON.parse(await readFile(path, 'utf8')).tensors).toHaveLength(TENSORS);
  });

  it.each(['weights inspect WEIGHTS --json', 'dataset list', 'doctor', '--help', '--version'])(
    'to a full disk is an error: %s',
    async (line) => {
      const { code, err } = await shell(`medclipseg ${line.replace('WEIGHTS', weights)} > /dev/full`);
      expect(code).toBe(1);
      expect(err).toContain('stdout: expected to write all output');
      expect(err).toContain('no space left');
      expect(err).not.toMatch(STACK);
    },
  );

  it('is unharmed by notices that cannot be written', async () => {
    const { code, out } = await shell(`medclipseg doctor --json 2> /dev/full`);
    expect(code).toBe(0);
    expect(JSON.parse(out).backends.length).toBeGreaterThan(1);
  });
});

it('the version is that of the package', async () => {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
  expect(await shell('medclipseg --version')).toMatchObject({ code: 0, out: `${version}\n` });
});

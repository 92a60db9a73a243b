// The script that builds native TensorFlow refuses what it cannot use, before it downloads anything. CI runs the build itself.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../../tools/native-tensorflow.sh', import.meta.url));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'native-script-'));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'package.json'), '{}');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Puts a program on the path of the script. @returns no arguments */
function provide(name: string, body: string): string[] {
  writeFileSync(join(folder, 'bin', name), `#!/bin/bash\n${body}\n`);
  chmodSync(join(folder, 'bin', name), 0o755);
  return [];
}

function provideAll(): void {
  provide('uname', '[ "$1" = -s ] && echo Linux || echo x86_64');
  provide('node', `exec '${process.execPath}' "$@"`);
  for (const name of ['npm', 'g++', 'make', 'python3']) provide(name, 'exit 0');
}

function run(...args: string[]) {
  const env = { PATH: join(folder, 'bin'), HOME: folder };
  const { status, stderr } = spawnSync('/bin/bash', [script, ...args], { cwd: folder, env, encoding: 'utf8' });
  return { status, message: stderr.trim().split('\n').at(-1) };
}

it('names the tools that are missing, and how to install them', () => {
  provideAll();
  for (const name of ['g++', 'make']) rmSync(join(folder, 'bin', name));
  provide('python3', 'exit 1');
  expect(run()).toEqual({
    status: 1,
    message:
      'native-tensorflow: expected tools to build with, but found no g++, make, pip (python3-pip). Install them, on Debian and Ubuntu with: apt-get install g++ make python3 python3-pip',
  });
});

it.each<[string, () => string[], string]>([
  ['another system', () => provide('uname', '[ "$1" = -s ] && echo Darwin || echo arm64'), 'got Darwin on arm64'],
  ['an old Node', () => provide('node', 'case "$*" in *versions*) echo false;; *) echo v18.0.0;; esac'), 'v18.0.0'],
  ['no headers', () => ['--nodedir', folder], "expected Node's headers in"],
  ['an old TensorFlow', () => ['--tensorflow', '2.9.1'], "got '2.9.1'. Older wheels have no libtensorflow_cc."],
  ['an option without its value', () => ['--tensorflow'], '--tensorflow: expected a value, got none.'],
  ['CUDA libraries that are not known', () => ['--gpu', '--tensorflow', '2.20.0'], 'known only for 2.18.1'],
  ['a misspelled option', () => ['--gppu'], "got '--gppu'"],
])('refuses %s', (_, prepare, message) => {
  provideAll();
  const args = prepare();
  // Usage lines are printed by cat.
  provide('cat', 'exit 0');
  const result = run(...args);
  expect(result.message).toContain(message);
  expect(result.status).toBe(1);
});

it('refuses a folder that is no project', () => {
  provideAll();
  const prefix = join(folder, 'node');
  mkdirSync(join(prefix, 'include', 'node'), { recursive: true });
  for (const name of ['node_api.h', 'common.gypi']) writeFileSync(join(prefix, 'include', 'node', name), '');
  mkdirSync(join(folder, 'empty'));
  expect(run('--nodedir', prefix, join(folder, 'empty')).message).toContain(
    `expected a project folder with a package.json, got '${folder}/empty'. Run npm init there first.`,
  );
});

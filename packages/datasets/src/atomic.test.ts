import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeLeftovers, writeFileAtomically, writeFolderAtomically } from './atomic.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atomic-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Leaves temporary files as a process that was killed while it wrote. */
async function leftover(path: string): Promise<string> {
  let name = '';
  await writeFolderAtomically(join(folder, 'probe'), async (partial) => {
    name = partial.split('/').at(-1) as string;
  });
  await rm(join(folder, 'probe'), { recursive: true });
  const { pid } = spawnSync(process.execPath, ['--version']);
  return name.replace('.probe.', `.${path}.`).replace(`-${process.pid}-`, `-${pid}-`);
}

it('folders have the permissions that the umask allows', async () => {
  await mkdir(join(folder, 'plain'));
  await writeFolderAtomically(join(folder, 'whole'), (partial) => writeFile(join(partial, 'a'), ''));
  const modes = await Promise.all(['plain', 'whole'].map(async (name) => (await stat(join(folder, name))).mode));
  expect(modes[1]).toBe(modes[0]);
});

it('the next run removes what a killed one left, and nothing else', async () => {
  const dead = await leftover('data');
  const others = ['.data.abcdef', '.data.tmp', await leftover('other'), dead.replace(/\d+-/, `${process.pid}-`)];
  await mkdir(join(folder, dead));
  await writeFile(join(folder, dead, 'part'), '');
  for (const name of others) await writeFile(join(folder, name), '');
  await writeFolderAtomically(join(folder, 'data'), (partial) => writeFile(join(partial, 'a'), 'whole'));
  expect(await readdir(folder)).not.toContain(dead);
  expect((await readdir(folder)).sort()).toEqual([...others, 'data'].sort());
  await removeLeftovers(folder);
  expect(await readdir(folder)).not.toContain(others[2]);
  expect(await readdir(folder)).toContain('.data.tmp');
});

it('a failure leaves neither a file nor a temporary one', async () => {
  await mkdir(join(folder, 'taken'));
  await expect(writeFileAtomically(join(folder, 'taken'), 'text')).rejects.toThrow();
  await expect(writeFolderAtomically(join(folder, 'data'), () => Promise.reject(new Error('full')))).rejects.toThrow(
    'full',
  );
  expect(await readdir(folder)).toEqual(['taken']);
  await writeFileAtomically(join(folder, 'a'), 'text');
  expect(await readFile(join(folder, 'a'), 'utf8')).toBe('text');
});

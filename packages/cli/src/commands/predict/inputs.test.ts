import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInputs, stemOf } from './inputs.ts';

const { signal } = new AbortController();

let folder = '';
const at = (...parts: string[]) => join(folder, ...parts);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inputs-'));
  for (const path of [
    'x/a.png',
    'x/a.jpg',
    'x/b.nii.gz',
    'x/B.png',
    'y/a.png',
    'y/c.hdr',
    'y/c.img',
    'out/x-mask.png',
  ]) {
    await mkdir(at(path, '..'), { recursive: true });
    await writeFile(at(path), '');
  }
  await symlink(at('x'), at('y', 'link'));
});
afterAll(() => rm(folder, { recursive: true }));

const names = async (...paths: string[]) =>
  (
    await findInputs(
      paths.map((path) => at(path)),
      at('out'),
      signal,
    )
  ).inputs.map(({ name }) => name);

describe('inputs', () => {
  it('of a folder are named by their paths within it, without two of one name on any file system', async () => {
    expect(await names('.')).toEqual(['x/B.png', 'x/a.jpg', 'x/a.png', 'x/b.nii.gz', 'y/a', 'y/c']);
    expect(await names('y')).toEqual(['a', 'c']);
  });

  it('of several arguments are named within the folder of all, in any order', async () => {
    expect(await names('y', 'x/a.png')).toEqual(['x/a', 'y/a', 'y/c']);
    expect(await names('x/a.png', 'y')).toEqual(['x/a', 'y/a', 'y/c']);
    expect(await names('x/a.png', 'x/a.png')).toEqual(['a']);
  });

  it('may be patterns', async () => {
    expect(await names('*/a.png')).toEqual(['x/a', 'y/a']);
    await expect(names('*/nothing.png')).rejects.toThrow('which no file matches');
    await expect(names('nothing.png')).rejects.toThrow('which does not exist');
  });

  it('are one where one file is named', async () => {
    const isSingle = async (...paths: string[]) =>
      (
        await findInputs(
          paths.map((path) => at(path)),
          at('out'),
          signal,
        )
      ).isSingle;
    expect(await isSingle('x/a.png')).toBe(true);
    expect(await isSingle('x/a.png', 'x/a.jpg')).toBe(false);
    expect(await isSingle('y')).toBe(false);
  });

  it('lose the endings of images only', () => {
    expect(['a.nii.gz', 'a.b.PNG', '1.2.840.1', 'c.hdr.gz', 'IM0001'].map(stemOf)).toEqual([
      'a',
      'a.b',
      '1.2.840.1',
      'c',
      'IM0001',
    ]);
  });
});

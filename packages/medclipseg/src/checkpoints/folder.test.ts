// The folder of a training: what is in it after every save.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpointFolder } from './folder.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoints-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Writes as a checkpoint is written: a file of its own that takes the name. */
const contents = (text: string) => async (path: string) => {
  await rm(path, { force: true });
  await writeFile(path, text);
};
const read = (name: string) => readFile(join(folder, name), 'utf8');

describe('a checkpoint folder', () => {
  it('has the newest and the best', async () => {
    const { save, latest } = await openCheckpointFolder(folder);
    await save(10, contents('10'), { best: true });
    await save(20, contents('20'));
    expect([await read('latest.safetensors'), await read('best.safetensors')]).toEqual(['20', '10']);
    await save(30, contents('30'), { best: true });
    await save(30, contents('30 again'), { best: true });
    expect([await readFile(latest, 'utf8'), await read('best.safetensors')]).toEqual(['30 again', '30 again']);
    expect((await readdir(folder)).sort()).toEqual(['best.safetensors', 'latest.safetensors']);
  });

  it('keeps as many as asked for, across runs', async () => {
    for (const step of [5, 10, 15, 100])
      await (await openCheckpointFolder(folder, { keep: 2 })).save(step, contents(`${step}`));
    const names = ['latest.safetensors', 'step-00000015.safetensors', 'step-00000100.safetensors'];
    expect((await readdir(folder)).sort()).toEqual(names);
    expect(await Promise.all(names.map(read))).toEqual(['100', '15', '100']);
  });

  it('is as before when a state cannot be written', async () => {
    const { save } = await openCheckpointFolder(folder, { keep: 3 });
    await save(1, contents('1'), { best: true });
    const before = await readdir(folder);
    const full = async () => {
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    };
    await expect(save(2, full, { best: true })).rejects.toThrow('ENOSPC');
    expect(await readdir(folder)).toEqual(before);
    expect([await read('latest.safetensors'), await read('best.safetensors')]).toEqual(['1', '1']);
  });

  it('loses what a killed process left half written, and nothing else', async () => {
    await writeFile(join(folder, '.latest.safetensors.1234.tmp'), 'half');
    await writeFile(join(folder, 'log.jsonl'), 'kept');
    await openCheckpointFolder(folder);
    expect(await readdir(folder)).toEqual(['log.jsonl']);
  });
});

// The folder of a training: what it holds after every save, and who may write to it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTensorFile } from '@medclipseg/weights/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isModelError, LockedError } from '../errors.ts';
import { type CheckpointFolder, hasTraining, openCheckpointFolder } from './checkpoint-folder.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoints-'));
});
afterEach(() => rm(folder, { recursive: true }));

const contents = (step: number) => ({
  tensors: new Map([['x', { shape: [1], data: Float32Array.of(step) }]]),
  metadata: { step: `${step}` },
});
/** The step that a file was saved at. */
const stepOf = async (name: string) => {
  const file = await openTensorFile(join(folder, name));
  await file.close();
  return Number(file.metadata.step);
};
const filesIn = async () => (await readdir(folder)).filter((name) => name !== 'training.lock').sort();
const saveAt = (open: CheckpointFolder, step: number, best = false) => open.save(contents(step), { step, best });

describe('a checkpoint folder', () => {
  it('has the newest and the best', async () => {
    expect(await hasTraining(folder)).toBe(false);
    const open = await openCheckpointFolder(folder);
    expect(await open.latest()).toBeUndefined();
    await saveAt(open, 10, true);
    await saveAt(open, 20);
    expect(await Promise.all(['latest.safetensors', 'best.safetensors'].map(stepOf))).toEqual([20, 10]);
    await saveAt(open, 30, true);
    await saveAt(open, 31, true);
    expect(await Promise.all(['latest.safetensors', 'best.safetensors'].map(stepOf))).toEqual([31, 31]);
    expect(await filesIn()).toEqual(['best.safetensors', 'latest.safetensors']);
    await open.close();
    expect(await readdir(folder)).toEqual(['best.safetensors', 'latest.safetensors']);
    expect(await hasTraining(folder)).toBe(true);
  });

  it('keeps the given number of checkpoints, across runs', async () => {
    for (const step of [5, 10, 15, 100]) {
      const open = await openCheckpointFolder(folder, { keep: 2 });
      await saveAt(open, step);
      await open.close();
    }
    const names = ['latest.safetensors', 'step-00000015.safetensors', 'step-00000100.safetensors'];
    expect(await filesIn()).toEqual(names);
    expect(await Promise.all(names.map(stepOf))).toEqual([100, 15, 100]);
  });

  it('is unchanged when a state cannot be written', async () => {
    const open = await openCheckpointFolder(folder, { keep: 3 });
    await saveAt(open, 1, true);
    const before = await filesIn();
    const full = { ...contents(2), tensors: new Map([['x', { shape: [2], data: new Float32Array(1) }]]) };
    await expect(open.save(full, { step: 2, best: true })).rejects.toThrow();
    expect(await filesIn()).toEqual(before);
    expect(await Promise.all(['latest.safetensors', 'best.safetensors'].map(stepOf))).toEqual([1, 1]);
    await open.close();
  });

  it('removes the partial files of a killed process, and nothing else', async () => {
    await writeFile(join(folder, '.latest.safetensors.1234.tmp'), 'half');
    await writeFile(join(folder, 'log.jsonl'), 'kept');
    await (await openCheckpointFolder(folder)).close();
    expect(await readdir(folder)).toEqual(['log.jsonl']);
  });
});

describe('the lock of a checkpoint folder', () => {
  const writeLock = (owner: object | string) =>
    writeFile(join(folder, 'training.lock'), typeof owner === 'string' ? owner : JSON.stringify(owner));

  it('refuses a second training, and is free once the first is closed', async () => {
    const first = await openCheckpointFolder(folder);
    const second = openCheckpointFolder(folder);
    await expect(second).rejects.toThrow(
      `${folder}: expected no other training in this folder, got process ${process.pid} on ${hostname()}. Wait`,
    );
    const error = await second.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LockedError);
    expect([isModelError(error), isModelError(error, 'medclipseg/locked')]).toEqual([true, true]);
    await first.close();
    await (await openCheckpointFolder(folder)).close();
  });

  it('is respected while its process lives, and taken over once it has ended', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await writeLock({ id: 'x', process: child.pid, host: hostname() });
    await expect(openCheckpointFolder(folder)).rejects.toThrow(`process ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const open = await openCheckpointFolder(folder);
    expect(JSON.parse(await readFile(join(folder, 'training.lock'), 'utf8')).process).toBe(process.pid);
    await open.close();
  });

  it('of an earlier process with the same id, or a damaged one, is taken over', async () => {
    for (const stale of [{ id: 'x', process: process.pid, host: hostname() }, '', '{"id":']) {
      await writeLock(stale);
      await (await openCheckpointFolder(folder)).close();
    }
  });

  it.each([
    ['another machine', { id: 'x', process: 1, host: 'elsewhere' }],
    ['another container', { id: 'x', process: 2 ** 22 + 1, host: hostname(), space: 'pid:[1]' }],
  ])('of %s is taken over only after minutes without a sign of life', async (_, owner) => {
    await writeLock(owner);
    await expect(openCheckpointFolder(folder)).rejects.toThrow(`process ${owner.process} on ${owner.host}`);
    const earlier = new Date(Date.now() - 6 * 60_000);
    await utimes(join(folder, 'training.lock'), earlier, earlier);
    await (await openCheckpointFolder(folder)).close();
  });

  it('is taken by one of many that find a stale lock', async () => {
    await writeLock({ id: 'x', process: process.pid, host: hostname() });
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => openCheckpointFolder(folder)));
    const open = results.filter((result) => result.status === 'fulfilled');
    expect(open).toHaveLength(1);
    await open[0]?.value.close();
    expect(await readdir(folder)).toEqual([]);
  });
});

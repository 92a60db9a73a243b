// Several processes with one cache.
import { fork } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { honest } from '@medclipseg/testing/hub';
import { describe, expect, it } from 'vitest';
import { content, file, isWhole, useHub } from '../../testing/hub-fixture.ts';
import { hubFile } from './node.ts';

const at = useHub();

describe('processes', () => {
  const start = () =>
    fork(join(import.meta.dirname, '../../testing/download-process.ts'), [at.hub.url, at.cache, file.repo, file.path], {
      execArgv: ['--conditions=@medclipseg/source', '--import', 'tsx'],
      silent: true,
    });
  const end = (child: ReturnType<typeof start>) =>
    new Promise<string>((resolve, reject) => {
      let out = '';
      let err = '';
      child.stdout?.on('data', (text) => (out += text));
      child.stderr?.on('data', (text) => (err += text));
      child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(err || `exit ${code}`))));
    });

  it('that request the same file at once share one download', async () => {
    at.hub.answers.push((request, response) => void setTimeout(() => honest(request, response, content), 500));
    const paths = await Promise.all([end(start()), end(start()), hubFile(file, { ...at.options, wait: undefined })]);
    expect(new Set(paths).size).toBe(1);
    await isWhole(paths[0] as string);
    expect(at.hub.asked.length).toBe(1);
    expect(await at.partial()).toEqual([]);
  });

  it('that are killed leave a partial download that the next one resumes', async () => {
    at.hub.answers.push((_, response) => {
      response.writeHead(200);
      response.write(content.subarray(0, 100_000));
    });
    const child = start();
    const ended = end(child).catch(() => 'killed');
    await new Promise<void>((resolve) => child.on('message', (loaded) => loaded === 100_000 && resolve()));
    child.kill('SIGKILL');
    expect(await ended).toBe('killed');
    await isWhole(await hubFile(file, { ...at.options, wait: undefined }));
    expect(at.ranges()[1]).toBe('bytes=100000-');
  });

  it('respect the lock of a living process until it is released', async () => {
    const locks = join(at.cache, '.locks', 'models--owner--model');
    await mkdir(locks, { recursive: true });
    await hubFile(file, at.options);
    const [hash] = await at.blobs();
    await rm(at.folder, { recursive: true });
    const lock = join(locks, `${hash}.medclipseg`);
    await writeFile(lock, JSON.stringify({ id: 'other', process: process.pid, host: hostname() }));
    const waiting = hubFile(file, { ...at.options, wait: undefined });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await at.blobs()).toEqual([]);
    await rm(lock);
    await isWhole(await waiting);
  });
});

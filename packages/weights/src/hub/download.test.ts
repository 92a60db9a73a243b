// Downloads are complete and correct over bad connections, and stored where Python's tools look for them.
import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { broken, COMMIT, REPO } from '@medclipseg/testing/hub';
import { describe, expect, it, vi } from 'vitest';
import { content, file, isWhole, useHub } from '../../testing/hub-fixture.ts';
import { NetworkError } from '../index.ts';
import { HubError, hubEnvironment, hubFile } from './node.ts';

const at = useHub();

describe('a download', () => {
  it('is stored where Python looks for it, and not requested again', async () => {
    const path = await hubFile(file, at.options);
    await isWhole(path);
    expect(path).toBe(join(at.folder, 'snapshots', COMMIT, 'weights', 'model.safetensors'));
    expect(await readFile(join(at.folder, 'refs', 'main'), 'utf8')).toBe(COMMIT);
    const [hash] = await at.blobs();
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await readlink(path)).toBe(join('..', '..', '..', 'blobs', hash as string));
    expect(await readdir(join(at.cache, '.locks', 'models--owner--model'))).toEqual([]);
    expect(await hubFile(file, at.options)).toBe(path);
    expect(await hubFile({ ...file, revision: COMMIT }, { ...at.options, endpoint: 'http://127.0.0.1:9' })).toBe(path);
    expect(at.hub.asked.length).toBe(1);
  });

  it('of a file of a dataset is requested and stored as such', async () => {
    const path = await hubFile({ ...file, type: 'dataset' }, at.options);
    await isWhole(path);
    expect(path).toContain(join(at.cache, 'datasets--owner--model', 'snapshots'));
    expect(at.hub.asked[0]?.path).toBe(`/datasets/${REPO}/resolve/${COMMIT}/${file.path}`);
  });

  it('of a small file is verified by the hash of git', async () => {
    expect(await readFile(await hubFile({ repo: REPO, path: 'config.json' }, at.options), 'utf8')).toBe('{}');
    expect((await at.blobs())[0]).toMatch(/^[0-9a-f]{40}$/);
  });

  it('reports its progress', async () => {
    const loaded: number[] = [];
    await hubFile(file, { ...at.options, onProgress: (p) => loaded.push(p.loaded / (p.total ?? 0)) });
    expect(loaded[0]).toBe(0);
    expect(loaded.at(-1)).toBe(1);
    expect(loaded).toEqual([...loaded].sort((a, b) => a - b));
  });

  it('that breaks off is resumed, repeatedly', async () => {
    at.hub.answers.push(broken(50_000), broken(100_000), broken(10_000));
    await isWhole(await hubFile(file, at.options));
    const starts = at.ranges().map((range) => Number(/\d+/.exec(range ?? '0')?.[0]));
    expect(starts.length).toBe(4);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts[3]).toBeGreaterThan(50_000);
  });

  it('that fails keeps what has arrived, and the next call resumes there', async () => {
    at.hub.answers.push(broken(200_000), ...Array.from({ length: 5 }, () => broken(0)));
    await expect(hubFile(file, at.options)).rejects.toThrow(NetworkError);
    expect(await at.partial()).toHaveLength(1);
    at.hub.asked.length = 0;
    await isWhole(await hubFile(file, at.options));
    expect(Number(/\d+/.exec(at.ranges()[0] as string)?.[0])).toBeGreaterThan(0);
    expect(await at.partial()).toEqual([]);
  });

  it('can be canceled and resumed', async () => {
    const control = new AbortController();
    at.hub.answers.push((_, response) => {
      response.writeHead(200);
      response.write(content.subarray(0, 50_000));
    });
    const onProgress = ({ loaded }: { loaded: number }) => loaded > 0 && control.abort();
    await expect(hubFile(file, { ...at.options, onProgress, signal: control.signal })).rejects.toThrow(/abort/);
    await isWhole(await hubFile(file, at.options));
    expect(at.ranges()[1]).toMatch(/^bytes=[1-9]/);
  });
});

describe('without the hub', () => {
  it('offline, cached files are found, and others refused with a remedy', async () => {
    await expect(hubFile(file, { ...at.options, offline: true })).rejects.toThrow(
      /only local files are allowed. Allow the network and download/,
    );
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    const { offline: _, ...silent } = at.options;
    await expect(hubFile(file, silent)).rejects.toThrow(/HF_HUB_OFFLINE is set. Unset it/);
    vi.unstubAllEnvs();
    const path = await hubFile(file, at.options);
    expect(await hubFile(file, { ...at.options, offline: true, endpoint: 'http://127.0.0.1:9' })).toBe(path);
    await expect(hubFile({ ...file, path: 'config.json' }, { ...at.options, offline: true })).rejects.toThrow(HubError);
  });

  it('the version downloaded last is used if the hub is unreachable', async () => {
    const unreachable = { ...at.options, endpoint: 'http://127.0.0.1:9' };
    await expect(hubFile(file, unreachable)).rejects.toThrow(/5 failures in a row/);
    const path = await hubFile(file, at.options);
    expect(await hubFile(file, unreachable)).toBe(path);
  });

  it('the environment variables are those of Python’s tools', () => {
    expect(hubEnvironment({ HF_HOME: '/h', HF_HUB_OFFLINE: 'TRUE', HF_TOKEN: '', HF_ENDPOINT: 'http://x' })).toEqual({
      cache: join('/h', 'hub'),
      offline: true,
      endpoint: 'http://x',
      token: undefined,
    });
    expect(hubEnvironment({ HF_HUB_CACHE: '/c', HF_HOME: '/h', HF_HUB_OFFLINE: '0' })).toMatchObject({
      cache: '/c',
      offline: false,
    });
    expect(hubEnvironment({ XDG_CACHE_HOME: '/x' }).cache).toBe(join('/x', 'huggingface', 'hub'));
  });

  it('an endpoint that is not an address is refused', async () => {
    await expect(hubFile(file, { ...at.options, endpoint: 'hub' })).rejects.toThrow(
      /HF_ENDPOINT: expected an http address/,
    );
  });
});

it('a cache that cannot be written to is refused with a remedy', async () => {
  const occupied = join(at.cache, 'file');
  await writeFile(occupied, '');
  await expect(hubFile(file, { ...at.options, cache: occupied })).rejects.toThrow(
    /a folder with write permission and free space, got ENOTDIR.*HF_HUB_CACHE/,
  );
});

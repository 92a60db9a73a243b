// Downloads against a server that misbehaves end right, or with an error that says what to do; no half file is ever found.
import { fork } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { broken, COMMIT, type HubServer, honest, hubServer, REPO, redirect, status } from '../../testing/hub-server.ts';
import { HttpError, NetworkError, WeightsError } from '../index.ts';
import { HubError, type HubFileOptions, hubEnvironment, hubFile } from './node.ts';

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 5);
const file = { repo: REPO, path: 'weights/model.safetensors' };

let cache = '';
let hub: HubServer;
let waits: number[] = [];
let options: HubFileOptions;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'hub-'));
  hub = await hubServer({ [file.path]: content, 'config.json': new TextEncoder().encode('{}') });
  waits = [];
  options = {
    cache,
    endpoint: hub.url,
    token: 'secret',
    offline: false,
    wait: async (milliseconds) => void waits.push(milliseconds),
  };
});
afterEach(async () => {
  await hub.close();
  await rm(cache, { recursive: true });
});

const folder = () => join(cache, 'models--owner--model');
const blobs = () => readdir(join(folder(), 'blobs')).catch(() => []);
const isWhole = async (path: string) => expect((await readFile(path)).equals(content)).toBe(true);
const partial = async () => (await blobs()).filter((name) => name.endsWith('.incomplete'));
const ranges = () => hub.asked.map(({ headers }) => headers.range);

describe('a download', () => {
  it('lies where Python looks for it, and is not asked for again', async () => {
    const path = await hubFile(file, options);
    await isWhole(path);
    expect(path).toBe(join(folder(), 'snapshots', COMMIT, 'weights', 'model.safetensors'));
    expect(await readFile(join(folder(), 'refs', 'main'), 'utf8')).toBe(COMMIT);
    const [hash] = await blobs();
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await readlink(path)).toBe(join('..', '..', '..', 'blobs', hash as string));
    expect(await readdir(join(cache, '.locks', 'models--owner--model'))).toEqual([]);
    expect(await hubFile(file, options)).toBe(path);
    expect(await hubFile({ ...file, revision: COMMIT }, { ...options, endpoint: 'http://127.0.0.1:9' })).toBe(path);
    expect(hub.asked.length).toBe(1);
  });

  it('of a dataset’s file is asked for, and lies, among the datasets', async () => {
    const path = await hubFile({ ...file, type: 'dataset' }, options);
    await isWhole(path);
    expect(path).toContain(join(cache, 'datasets--owner--model', 'snapshots'));
    expect(hub.asked[0]?.path).toBe(`/datasets/${REPO}/resolve/${COMMIT}/${file.path}`);
  });

  it('of a small file is proved by git’s hash', async () => {
    expect(await readFile(await hubFile({ repo: REPO, path: 'config.json' }, options), 'utf8')).toBe('{}');
    expect((await blobs())[0]).toMatch(/^[0-9a-f]{40}$/);
  });

  it('tells how far it is', async () => {
    const loaded: number[] = [];
    await hubFile(file, { ...options, onProgress: (p) => loaded.push(p.loaded / p.total) });
    expect(loaded[0]).toBe(0);
    expect(loaded.at(-1)).toBe(1);
    expect(loaded).toEqual([...loaded].sort((a, b) => a - b));
  });

  it('that breaks off is gone on with, again and again', async () => {
    hub.answers.push(broken(50_000), broken(100_000), broken(10_000));
    await isWhole(await hubFile(file, options));
    const starts = ranges().map((range) => Number(/\d+/.exec(range ?? '0')?.[0]));
    expect(starts.length).toBe(4);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts[3]).toBeGreaterThan(50_000);
  });

  it('that breaks off for good keeps what has come, and the next call goes on from there', async () => {
    hub.answers.push(broken(200_000), ...Array.from({ length: 5 }, () => broken(0)));
    await expect(hubFile(file, options)).rejects.toThrow(NetworkError);
    expect(await partial()).toHaveLength(1);
    hub.asked.length = 0;
    await isWhole(await hubFile(file, options));
    expect(Number(/\d+/.exec(ranges()[0] as string)?.[0])).toBeGreaterThan(0);
    expect(await partial()).toEqual([]);
  });

  it('can be cancelled, and gone on with', async () => {
    const control = new AbortController();
    hub.answers.push((_, response) => {
      response.writeHead(200);
      response.write(content.subarray(0, 50_000));
    });
    const onProgress = ({ loaded }: { loaded: number }) => loaded > 0 && control.abort();
    await expect(hubFile(file, { ...options, onProgress, signal: control.signal })).rejects.toThrow(/abort/);
    await isWhole(await hubFile(file, options));
    expect(ranges()[1]).toMatch(/^bytes=[1-9]/);
  });
});

describe('a server', () => {
  it('that does not know ranges is read from the start again', async () => {
    hub.answers.push(broken(100_000), (_, response) => response.end(content));
    await isWhole(await hubFile(file, options));
  });

  it('that answers 416 to what is half there is read from the start again', async () => {
    hub.answers.push(broken(100_000), status(416));
    await isWhole(await hubFile(file, options));
    expect(ranges()[2]).toBeUndefined();
  });

  it('that tells a smaller length than the file has, or a larger one, is asked again and then refused', async () => {
    const short = Array.from(
      { length: 7 },
      () => (_: unknown, response: { end(bytes: Uint8Array): void }) => response.end(content.subarray(0, 1000)),
    );
    hub.answers.push(...(short as never[]));
    await expect(hubFile(file, options)).rejects.toThrow(/the end of the file after 1000 of 300000 bytes/);
    expect(await blobs()).toEqual(await partial());
    hub.answers.length = 0;
    const long = new Uint8Array([...content, 1]);
    hub.answers.push((request, response) => honest(request, response, long));
    await expect(hubFile(file, options)).rejects.toThrow(
      /expected bytes from 1000 of 300000, got bytes from 1000 of 300001/,
    );
    hub.answers.push((_, response) => response.end(long));
    await expect(hubFile(file, options)).rejects.toThrow(/expected 300000 bytes, got more/);
    expect(await blobs()).toEqual(await partial());
    await isWhole(await hubFile(file, options));
  });

  it('that sends another part than was asked for is refused', async () => {
    hub.answers.push(broken(100_000), (_, response) =>
      response.writeHead(206, { 'content-range': 'bytes 5-299999/300000' }).end(content.subarray(5)),
    );
    await expect(hubFile(file, options)).rejects.toThrow(/got bytes from 5/);
  });

  it('that asks for patience gets it: seconds, a date, or a growing wait', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    hub.answers.push(status(429, { 'retry-after': '7' }), status(503, { 'retry-after': date }), status(500));
    await isWhole(await hubFile(file, options));
    expect(waits[0]).toBe(7000);
    expect(waits[1]).toBeGreaterThan(50_000);
    expect(waits[1]).toBeLessThanOrEqual(60_000);
    expect(waits[2]).toBe(2000);
  });

  it('that asks for too much patience, or stays broken, is given up with advice', async () => {
    hub.answers.push(status(429, { 'retry-after': '3600' }));
    await expect(hubFile(file, options)).rejects.toThrow(/got HTTP 429. Wait some minutes/);
    hub.answers.push(...Array.from({ length: 5 }, () => status(502)));
    await expect(hubFile(file, options)).rejects.toThrow(/got HTTP 502. The server is at fault/);
    expect(waits).toEqual([500, 1000, 2000, 4000]);
  });

  it.each([
    [401, /Set HF_TOKEN/],
    [403, /accept its terms/],
    [404, /Check the repository/],
  ])('that answers %d is not asked again', async (code, advice) => {
    hub.answers.push(status(code));
    await expect(hubFile(file, options)).rejects.toThrow(advice);
    expect(hub.asked.length).toBe(1);
    expect(waits).toEqual([]);
  });

  it('that sends other content is refused, and nothing of it is kept', async () => {
    const other = content.slice();
    other[1234] = 255 - (other[1234] as number);
    hub.answers.push((request, response) => honest(request, response, other));
    await expect(hubFile(file, options)).rejects.toThrow(
      /expected content with hash [0-9a-f]{64}, got [0-9a-f]{64}. It was thrown away/,
    );
    expect(await blobs()).toEqual([]);
    await expect(readdir(join(folder(), 'snapshots'))).rejects.toThrow();
    await isWhole(await hubFile(file, options));
  });

  it('gets a second chance if what was left of an earlier attempt is spoiled, or too long', async () => {
    for (const left of [new Uint8Array(1000), new Uint8Array(content.length), new Uint8Array(content.length + 1)]) {
      hub.answers.push(broken(1000), ...Array.from({ length: 5 }, () => broken(0)));
      await hubFile(file, options).catch(() => {});
      hub.answers.length = 0;
      const [name] = await partial();
      await writeFile(join(folder(), 'blobs', name as string), left);
      await isWhole(await hubFile(file, options));
      await rm(folder(), { recursive: true });
    }
  });
});

describe('redirects', () => {
  it('to storage elsewhere are followed without the token', async () => {
    const storage = await hubServer({ 'blob/1': content });
    hub.answers.push(redirect(`${storage.url}/blob/1?signature=hidden`));
    await isWhole(await hubFile(file, options));
    expect(hub.asked[0]?.headers.authorization).toBe('Bearer secret');
    expect(storage.asked[0]?.headers.authorization).toBeUndefined();

    // Back to the first host the token is not picked up again.
    await rm(folder(), { recursive: true });
    hub.asked.length = 0;
    hub.answers.push(redirect(`${storage.url}/blob/1`));
    storage.answers.push(redirect(`${hub.url}/${REPO}/resolve/${COMMIT}/${file.path}`));
    await isWhole(await hubFile(file, options));
    expect(hub.asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer secret', undefined]);

    await rm(folder(), { recursive: true });
    hub.answers.push(redirect(`${storage.url}/blob/1?signature=hidden`));
    storage.answers.push(status(403));
    const refused = hubFile(file, options);
    await expect(refused).rejects.toThrow(HttpError);
    await expect(refused).rejects.not.toThrow(/hidden/);
    await storage.close();
  });

  it('within the host keep the token', async () => {
    hub.answers.push(redirect(`/${REPO}/resolve/${COMMIT}/${file.path}`, 307));
    await isWhole(await hubFile(file, options));
    expect(hub.asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer secret', 'Bearer secret']);
  });

  it('without end, or out of the web, are refused', async () => {
    hub.answers.push(...Array.from({ length: 11 }, () => redirect(`/${REPO}/resolve/${COMMIT}/${file.path}`)));
    await expect(hubFile(file, options)).rejects.toThrow(/more than 10 redirects/);
    hub.answers.push(redirect('file:///etc/passwd'));
    await expect(hubFile(file, options)).rejects.toThrow(/expected a redirect to an address/);
  });
});

describe('the hub’s description', () => {
  it('names the file that was meant', async () => {
    await expect(hubFile({ repo: REPO, path: 'weights/model.safetensor' }, options)).rejects.toThrow(
      /Did you mean 'weights\/model.safetensors'/,
    );
  });

  it.each([
    ['no JSON', 'hello', /expected JSON/],
    ['no commit', '{"siblings":[]}', /a commit and its files/],
    ['a commit that is a path', `{"sha":"../../../${'a'.repeat(31)}","siblings":[]}`, /a commit and its files/],
    [
      'a hash that is a path',
      `{"sha":"${COMMIT}","siblings":[{"rfilename":"${file.path}","size":1,"blobId":"../../../x"}]}`,
      /hexadecimal/,
    ],
    ['no size', `{"sha":"${COMMIT}","siblings":[{"rfilename":"${file.path}","blobId":"${COMMIT}"}]}`, /size and hash/],
    ['something else', '[null]', /a commit and its files/],
  ])('that is %s is refused', async (_, text, message) => {
    hub.apiAnswers.push((_request, response) => void response.end(text));
    await expect(hubFile(file, options)).rejects.toThrow(message);
    expect(await readdir(cache)).toEqual([]);
  });

  it.each([
    [{ repo: 'model', path: 'x' }, /the form 'owner\/name'/],
    [{ repo: '../..', path: 'x' }, /the form 'owner\/name'/],
    [{ repo: REPO, path: '../x' }, /the path of a file/],
    [{ repo: REPO, path: '/etc/passwd' }, /the path of a file/],
    [{ repo: REPO, path: 'a\\b' }, /the path of a file/],
    [{ repo: REPO, path: 'x', revision: '../main' }, /a branch, tag or commit/],
  ])('is not asked for %j', async (address, message) => {
    await expect(hubFile(address, options)).rejects.toThrow(message);
    await expect(hubFile(address, options)).rejects.toThrow(HubError);
  });
});

describe('without the hub', () => {
  it('offline gives what is there, and says what to do about the rest', async () => {
    await expect(hubFile(file, { ...options, offline: true })).rejects.toThrow(/HF_HUB_OFFLINE is set. Unset it/);
    const path = await hubFile(file, options);
    expect(await hubFile(file, { ...options, offline: true, endpoint: 'http://127.0.0.1:9' })).toBe(path);
    await expect(hubFile({ ...file, path: 'config.json' }, { ...options, offline: true })).rejects.toThrow(HubError);
  });

  it('the last version is given where the hub cannot be reached, an error where there is none', async () => {
    const unreachable = { ...options, endpoint: 'http://127.0.0.1:9' };
    await expect(hubFile(file, unreachable)).rejects.toThrow(/5 failures in a row/);
    const path = await hubFile(file, options);
    expect(await hubFile(file, unreachable)).toBe(path);
  });

  it('the environment is that of Python’s tools', () => {
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

  it('an endpoint that is no address is refused', async () => {
    await expect(hubFile(file, { ...options, endpoint: 'hub' })).rejects.toThrow(
      /HF_ENDPOINT: expected an http address/,
    );
  });
});

describe('processes', () => {
  const start = () =>
    fork(join(import.meta.dirname, '../../testing/download-process.ts'), [hub.url, cache, file.repo, file.path], {
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

  it('that ask for the same file at once share one download', async () => {
    hub.answers.push((request, response) => void setTimeout(() => honest(request, response, content), 500));
    const paths = await Promise.all([end(start()), end(start()), hubFile(file, { ...options, wait: undefined })]);
    expect(new Set(paths).size).toBe(1);
    await isWhole(paths[0] as string);
    expect(hub.asked.length).toBe(1);
    expect(await partial()).toEqual([]);
  });

  it('that are killed leave what the next one goes on with', async () => {
    hub.answers.push((_, response) => {
      response.writeHead(200);
      response.write(content.subarray(0, 100_000));
    });
    const child = start();
    const ended = end(child).catch(() => 'killed');
    await new Promise<void>((resolve) => child.on('message', (loaded) => loaded === 100_000 && resolve()));
    child.kill('SIGKILL');
    expect(await ended).toBe('killed');
    await isWhole(await hubFile(file, { ...options, wait: undefined }));
    expect(ranges()[1]).toBe('bytes=100000-');
  });

  it('leave the lock of a living process alone until it is given back', async () => {
    const locks = join(cache, '.locks', 'models--owner--model');
    await mkdir(locks, { recursive: true });
    await hubFile(file, options);
    const [hash] = await blobs();
    await rm(folder(), { recursive: true });
    const lock = join(locks, `${hash}.medclipseg`);
    await writeFile(
      lock,
      JSON.stringify({ id: 'other', process: process.pid, host: (await import('node:os')).hostname() }),
    );
    const waiting = hubFile(file, { ...options, wait: undefined });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await blobs()).toEqual([]);
    await rm(lock);
    await isWhole(await waiting);
  });
});

it('a cache that cannot be written says so', async () => {
  const occupied = join(cache, 'file');
  await writeFile(occupied, '');
  await expect(hubFile(file, { ...options, cache: occupied })).rejects.toThrow(
    /a folder to write to, got ENOTDIR.*HF_HUB_CACHE/,
  );
});

it('every error is typed', async () => {
  hub.answers.push(status(418));
  await expect(hubFile(file, options)).rejects.toThrow(WeightsError);
});

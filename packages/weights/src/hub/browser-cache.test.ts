// The hub in a browser, with files in the Cache API: the same checks as on disk.

import { broken, type HubServer, honest, hubServer, memoryCaches, REPO } from '@medclipseg/testing/hub';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { forgetHubBlob, hubBlob, listHubFiles } from './index.ts';

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 5);
const file = { repo: REPO, path: 'model.safetensors' };

let hub: HubServer;
beforeEach(async () => {
  hub = await hubServer({ [file.path]: content, 'config.json': new TextEncoder().encode('{}') });
  vi.stubGlobal('caches', memoryCaches());
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await hub.close();
});

const get = (path = file.path, endpoint = hub.url) => hubBlob({ repo: REPO, path }, { endpoint, wait: async () => {} });
const isWhole = async (blob: Blob) => expect(Buffer.from(await blob.arrayBuffer()).equals(content)).toBe(true);

it('a file is downloaded once, across broken connections', async () => {
  hub.answers.push(broken(100_000), broken(50_000));
  await isWhole(await get());
  expect(hub.asked.length).toBe(3);
  await isWhole(await get());
  expect(hub.asked.length).toBe(3);
});

it('a small file is verified by the hash of git', async () => {
  expect(await (await get('config.json')).text()).toBe('{}');
});

it('other content is refused, and not kept', async () => {
  hub.answers.push((request, response) => honest(request, response, content.slice().fill(0, 5, 9)));
  await expect(get()).rejects.toThrow(/expected content with hash/);
  await isWhole(await get());
});

it('without a connection, the version downloaded last is used', async () => {
  await expect(get(file.path, 'http://127.0.0.1:9')).rejects.toThrow(/failures in a row/);
  await get();
  await hub.close();
  await isWhole(await get());
});

it('offline, only the cache is used', async () => {
  const offline = { endpoint: hub.url, offline: true };
  await expect(hubBlob(file, offline)).rejects.toThrow(/only local files are allowed. Allow the network/);
  await get();
  await isWhole(await hubBlob(file, offline));
  expect(hub.apiAsked).toHaveLength(1);
});

it('without a cache, the error names a remedy', async () => {
  vi.stubGlobal('caches', undefined);
  await expect(get()).rejects.toThrow(/Open the page over https/);
});

it('only the given file is forgotten', async () => {
  await get();
  await get('config.json');
  await forgetHubBlob({ repo: REPO, path: file.path }, { endpoint: hub.url });
  const asked = hub.asked.length;
  await get('config.json');
  expect(hub.asked.length).toBe(asked);
  await isWhole(await get());
  expect(hub.asked.length).toBe(asked + 1);
});

it('the files of a repository are listed with their sizes; without a connection, those in the cache', async () => {
  const offline = { endpoint: hub.url, offline: true };
  await expect(listHubFiles({ repo: REPO }, offline)).rejects.toThrow(/only local files are allowed/);
  const all = [
    { path: 'config.json', size: 2 },
    { path: file.path, size: content.length },
  ];
  expect(await listHubFiles({ repo: REPO }, { endpoint: hub.url })).toEqual({ from: 'hub', files: all });
  await get();
  const inCache = { from: 'cache', files: all.slice(1) };
  expect(await listHubFiles({ repo: REPO }, offline)).toEqual(inCache);
  await hub.close();
  expect(await listHubFiles({ repo: REPO }, { endpoint: hub.url, wait: async () => {} })).toEqual(inCache);
  await expect(listHubFiles({ repo: 'model' }, { endpoint: hub.url })).rejects.toThrow(/the form 'owner/);
});

// A file on a server, fetched as a whole.

import { broken, type HubServer, honest, hubServer, status } from '@medclipseg/testing/hub';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { urlBlob } from '../index.ts';

const content = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
const wait = async () => {};

let server: HubServer;
beforeEach(async () => {
  server = await hubServer({ 'model.pth': content });
});
afterEach(() => server.close());

it('is complete after broken transfers, with progress', async () => {
  server.answers.push(status(503), broken(1000), honest);
  const seen: (number | undefined)[][] = [];
  const blob = await urlBlob(`${server.url}/model.pth`, {
    wait,
    onProgress: ({ loaded, total }) => seen.push([loaded, total]),
  });
  expect(Buffer.compare(Buffer.from(await blob.arrayBuffer()), Buffer.from(content))).toBe(0);
  expect(seen.at(-1)).toEqual([content.length, content.length]);
  expect(server.asked).toHaveLength(3);
});

it('is refused if it is missing, and after repeated failures', async () => {
  server.answers.push(status(404));
  await expect(urlBlob(`${server.url}/model.pth`, { wait })).rejects.toThrow(/expected a file, got HTTP 404/);
  server.answers.push(...Array.from({ length: 5 }, () => broken(1000)));
  await expect(urlBlob(`${server.url}/model.pth`, { wait })).rejects.toThrow(/5 failures in a row/);
});

it('can be canceled', async () => {
  await expect(urlBlob(`${server.url}/model.pth`, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
});

// Connections that stall are broken.

import { type Answer, type HubServer, hubServer } from '@medclipseg/testing/hub';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { urlSource } from '../index.ts';
import { download } from './download.ts';

const content = Uint8Array.from({ length: 300_000 }, (_, i) => i);

let server: HubServer;
beforeEach(async () => {
  server = await hubServer({ 'model.bin': content });
});
afterEach(() => server.close());

const options = { idleTimeout: 300, wait: async () => {} };
const never: Answer = () => {};
/** Sends a part, then stalls. */
const stuck: Answer = (request, response) => {
  const first = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const range = { 'content-range': `bytes ${first}-299999/300000` };
  response.writeHead(request.headers.range === undefined ? 200 : 206, range);
  response.write(content.subarray(first, first + 1000));
};

it('a download resumes where it stalled, before the answer or within it', async () => {
  server.answers.push(never, stuck, never, stuck);
  const pieces: Uint8Array[] = [];
  for await (const piece of download(`${server.url}/model.bin`, content.length, options)) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(content)).toBe(true);
  // On a busy machine a correct answer may seem to stall too: there may be more requests than these.
  const starts = server.asked.map(({ headers }) => headers.range);
  expect(starts.slice(0, 4)).toEqual([undefined, undefined, 'bytes=1000-', 'bytes=1000-']);
});

it('a part of a file is requested again', async () => {
  server.answers.push(never, stuck);
  const source = await urlSource(`${server.url}/model.bin`, options);
  expect([...(await source.read(500, 3))]).toEqual([...content.subarray(500, 503)]);
});

it('a server that never answers is given up', async () => {
  server.answers.push(...Array.from({ length: 5 }, () => never));
  await expect(urlSource(`${server.url}/model.bin`, options)).rejects.toThrow(
    /5 failures in a row.*no data for 0.3 seconds/,
  );
});

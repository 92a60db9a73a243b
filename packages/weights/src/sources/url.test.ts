// A weight file on a server, read in parts.

import { broken, type HubServer, honest, hubServer, redirect, status } from '@medclipseg/testing/hub';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeSafetensors, openTensors, type TensorFile, type TensorValue, urlSource } from '../index.ts';

const values = (size: number): TensorValue => ({
  shape: [size],
  data: Float32Array.from({ length: size }, (_, i) => i),
});
const tensors = new Map([
  ['large', values(500_000)],
  ['small', values(10)],
]);

let server: HubServer;
beforeEach(async () => {
  server = await hubServer({ 'model.safetensors': await encodeSafetensors(tensors) });
});
afterEach(() => server.close());

/** Compared as bytes, since a matcher would compare half a million numbers one by one. */
const isLarge = async (file: TensorFile) => {
  const { data } = await file.read('large');
  expect(Buffer.compare(Buffer.from(data.buffer), Buffer.from(tensors.get('large')?.data.buffer as ArrayBuffer))).toBe(
    0,
  );
};

const source = () => urlSource(`${server.url}/model.safetensors?signature=hidden`, { wait: async () => {} });

describe('a file on a server', () => {
  it('provides one tensor without the others', async () => {
    const file = await openTensors(await source());
    expect(await file.read('small')).toEqual(tensors.get('small'));
    expect(server.asked.map(({ headers }) => headers.range)).toEqual([
      'bytes=0-131071',
      expect.stringMatching(/-2000\d\d\d$/),
    ]);
    await isLarge(file);
    expect(server.asked.length).toBe(3);
  });

  it('is named without secrets in its address', async () => {
    expect((await source()).name).toBe(`${server.url}/model.safetensors`);
  });

  it('is requested again if an answer breaks off or the server fails, and redirects are followed', async () => {
    server.answers.push(status(503), broken(1000), redirect('/model.safetensors'), honest);
    const file = await openTensors(await source());
    server.answers.push(broken(1000));
    await isLarge(file);
  });

  it('is refused if the server sends only whole files, or parts without their range', async () => {
    server.answers.push((_, response, content) => response.end(content));
    await expect(source()).rejects.toThrow(/got the whole file. Download it first/);
    server.answers.push((_, response) => response.writeHead(206).end('x'));
    await expect(source()).rejects.toThrow(/the range and size of a part, got none/);
  });

  it('is refused after it has changed', async () => {
    const file = await openTensors(await source());
    server.answers.push((_, response, content) =>
      response
        .writeHead(206, { 'content-range': `bytes 128-500/${content.length}`, etag: '"2"' })
        .end(content.subarray(128, 501)),
    );
    server.files.set('model.safetensors', new Uint8Array(3_000_000));
    await expect(file.read('large')).rejects.toThrow(/one that has changed since|another part/);
  });

  it('can be canceled', async () => {
    await expect(urlSource(`${server.url}/model.safetensors`, { signal: AbortSignal.abort() })).rejects.toThrow(
      /abort/,
    );
  });
});

// Servers that send wrong data, refuse or redirect: a download is correct, or ends with an error and a remedy.
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { broken, COMMIT, honest, hubServer, REPO, redirect, status } from '@medclipseg/testing/hub';
import { describe, expect, it } from 'vitest';
import { content, file, isWhole, useHub } from '../../testing/hub-fixture.ts';
import { HttpError, WeightsError } from '../index.ts';
import { hubFile } from './node.ts';

const at = useHub();

describe('a server', () => {
  it('without support for ranges is read from the start again', async () => {
    at.hub.answers.push(broken(100_000), (_, response) => response.end(content));
    await isWhole(await hubFile(file, at.options));
  });

  it('that answers 416 to a partial download is read from the start again', async () => {
    at.hub.answers.push(broken(100_000), status(416));
    await isWhole(await hubFile(file, at.options));
    expect(at.ranges()[2]).toBeUndefined();
  });

  it('that sends fewer or more bytes than announced is asked again and then refused', async () => {
    const short = Array.from(
      { length: 7 },
      () => (_: unknown, response: { end(bytes: Uint8Array): void }) => response.end(content.subarray(0, 1000)),
    );
    at.hub.answers.push(...(short as never[]));
    await expect(hubFile(file, at.options)).rejects.toThrow(/the end of the file after 1000 of 300000 bytes/);
    expect(await at.blobs()).toEqual(await at.partial());
    at.hub.answers.length = 0;
    const long = new Uint8Array([...content, 1]);
    at.hub.answers.push((request, response) => honest(request, response, long));
    await expect(hubFile(file, at.options)).rejects.toThrow(
      /expected bytes from 1000 of 300000, got bytes from 1000 of 300001/,
    );
    at.hub.answers.push((_, response) => response.end(long));
    await expect(hubFile(file, at.options)).rejects.toThrow(/expected 300000 bytes, got more/);
    expect(await at.blobs()).toEqual(await at.partial());
    await isWhole(await hubFile(file, at.options));
  });

  it('that sends another part than was asked for is refused', async () => {
    at.hub.answers.push(broken(100_000), (_, response) =>
      response.writeHead(206, { 'content-range': 'bytes 5-299999/300000' }).end(content.subarray(5)),
    );
    await expect(hubFile(file, at.options)).rejects.toThrow(/got bytes from 5/);
  });

  it('is asked again after the delay that it requests, or a growing one', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    at.hub.answers.push(status(429, { 'retry-after': '7' }), status(503, { 'retry-after': date }), status(500));
    await isWhole(await hubFile(file, at.options));
    expect(at.waits[0]).toBe(7000);
    expect(at.waits[1]).toBeGreaterThan(50_000);
    expect(at.waits[1]).toBeLessThanOrEqual(60_000);
    expect(at.waits[2]).toBe(2000);
  });

  it('that requests too long a delay, or keeps failing, is refused with a remedy', async () => {
    at.hub.answers.push(status(429, { 'retry-after': '3600' }));
    await expect(hubFile(file, at.options)).rejects.toThrow(/got HTTP 429. Wait a few minutes/);
    at.hub.answers.push(...Array.from({ length: 5 }, () => status(502)));
    await expect(hubFile(file, at.options)).rejects.toThrow(/got HTTP 502. The server failed/);
    expect(at.waits).toEqual([500, 1000, 2000, 4000]);
  });

  it.each([
    [401, /set HF_TOKEN/],
    [403, /accept its terms/],
    [404, /the repository, the revision/],
  ])('that answers %d is not asked again', async (code, advice) => {
    at.hub.answers.push(status(code));
    await expect(hubFile(file, at.options)).rejects.toThrow(advice);
    expect(at.hub.asked.length).toBe(1);
    expect(at.waits).toEqual([]);
  });

  it('that sends other content is refused, and nothing is kept', async () => {
    const other = content.slice();
    other[1234] = 255 - (other[1234] as number);
    at.hub.answers.push((request, response) => honest(request, response, other));
    await expect(hubFile(file, at.options)).rejects.toThrow(
      /expected content with hash [0-9a-f]{64}, got [0-9a-f]{64}. It was discarded/,
    );
    expect(await at.blobs()).toEqual([]);
    await expect(readdir(join(at.folder, 'snapshots'))).rejects.toThrow();
    await isWhole(await hubFile(file, at.options));
  });

  it('is asked again if the rest of an earlier attempt is damaged or too long', async () => {
    for (const left of [new Uint8Array(1000), new Uint8Array(content.length), new Uint8Array(content.length + 1)]) {
      at.hub.answers.push(broken(1000), ...Array.from({ length: 5 }, () => broken(0)));
      await hubFile(file, at.options).catch(() => {});
      at.hub.answers.length = 0;
      const [name] = await at.partial();
      await writeFile(join(at.folder, 'blobs', name as string), left);
      await isWhole(await hubFile(file, at.options));
      await rm(at.folder, { recursive: true });
    }
  });
});

describe('redirects', () => {
  it('to another host are followed without the token', async () => {
    const storage = await hubServer({ 'blob/1': content });
    at.hub.answers.push(redirect(`${storage.url}/blob/1?signature=hidden`));
    await isWhole(await hubFile(file, at.options));
    expect(at.hub.asked[0]?.headers.authorization).toBe('Bearer secret');
    expect(storage.asked[0]?.headers.authorization).toBeUndefined();

    // The token is not sent again after a redirect back to the first host.
    await rm(at.folder, { recursive: true });
    at.hub.asked.length = 0;
    at.hub.answers.push(redirect(`${storage.url}/blob/1`));
    storage.answers.push(redirect(`${at.hub.url}/${REPO}/resolve/${COMMIT}/${file.path}`));
    await isWhole(await hubFile(file, at.options));
    expect(at.hub.asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer secret', undefined]);

    await rm(at.folder, { recursive: true });
    at.hub.answers.push(redirect(`${storage.url}/blob/1?signature=hidden`));
    storage.answers.push(status(403));
    const refused = hubFile(file, at.options);
    await expect(refused).rejects.toThrow(HttpError);
    await expect(refused).rejects.not.toThrow(/hidden/);
    await storage.close();
  });

  it('within the host keep the token', async () => {
    at.hub.answers.push(redirect(`/${REPO}/resolve/${COMMIT}/${file.path}`, 307));
    await isWhole(await hubFile(file, at.options));
    expect(at.hub.asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer secret', 'Bearer secret']);
  });

  it('without end, or to other protocols, are refused', async () => {
    at.hub.answers.push(...Array.from({ length: 11 }, () => redirect(`/${REPO}/resolve/${COMMIT}/${file.path}`)));
    await expect(hubFile(file, at.options)).rejects.toThrow(/more than 10 redirects/);
    at.hub.answers.push(redirect('file:///etc/passwd'));
    await expect(hubFile(file, at.options)).rejects.toThrow(/expected a redirect to an address/);
  });
});

it('every error is typed', async () => {
  at.hub.answers.push(status(418));
  await expect(hubFile(file, at.options)).rejects.toThrow(WeightsError);
});

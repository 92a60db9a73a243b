// Files of the hub in a page: the browser's own Cache API, and a hub that breaks off, sends wrong bytes and disappears.
import { blobSource, openTensors } from '@medclipseg/weights';
import { hubBlob } from '@medclipseg/weights/hub';
import { afterEach, beforeAll, expect, inject, it } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    readonly fixtures: string;
  }
}

const NAME = 'types.safetensors';
const file = { repo: 'owner/model', path: NAME };
let content = new Uint8Array();
let sha256 = '';

beforeAll(async () => {
  content = new Uint8Array(await (await fetch(`/@fs${inject('fixtures')}/${NAME}`)).arrayBuffer());
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
});
afterEach(async () => {
  for (const name of await caches.keys()) await caches.delete(name);
});

type Answer = (from: number) => Response;

const honest: Answer = (from) =>
  new Response(content.slice(from), {
    status: from === 0 ? 200 : 206,
    headers: from === 0 ? {} : { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` },
  });

/** A body that fails after a given number of bytes. */
const broken =
  (size: number): Answer =>
  (from) =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(content.slice(from, from + size));
          setTimeout(() => controller.error(new TypeError('network error')));
        },
      }),
      {
        status: from === 0 ? 200 : 206,
        headers: from === 0 ? {} : { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` },
      },
    );

/** A hub whose next answers for the file's bytes are these, and honest afterwards. */
function hub(...answers: Answer[]) {
  const starts: number[] = [];
  const ask = (async (input: RequestInfo | URL, init?: RequestInit) => {
    if (`${input}`.includes('/api/'))
      return Response.json({
        sha: 'c'.repeat(40),
        siblings: [{ rfilename: NAME, lfs: { sha256, size: content.length } }],
      });
    const from = Number(/\d+/.exec(new Headers(init?.headers).get('range') ?? '0')?.[0]);
    starts.push(from);
    return (answers.shift() ?? honest)(from);
  }) as typeof fetch;
  return { starts, get: () => hubBlob(file, { fetch: ask, wait: async () => {} }) };
}

const isWhole = async (blob: Blob) => expect(new Uint8Array(await blob.arrayBuffer())).toEqual(content);

it('a download that breaks off resumes, is kept, opens, and is not fetched again', async () => {
  const { starts, get } = hub(broken(1000));
  const blob = await get();
  await isWhole(blob);
  expect(starts).toEqual([0, 1000]);
  const { data } = await (await openTensors(blobSource(blob))).read('F32');
  expect(data).toBeInstanceOf(Float32Array);
  await isWhole(await get());
  expect(starts).toHaveLength(2);
});

it('other content is refused, and the cache keeps none of it', async () => {
  const { starts, get } = hub(() => new Response(content.slice().fill(0, 5, 90)));
  await expect(get()).rejects.toThrow(/expected content with hash/);
  await isWhole(await get());
  expect(starts).toEqual([0, 0]);
});

it('without a connection the last version is given', async () => {
  const gone = (() => Promise.reject(new TypeError('Failed to fetch'))) as typeof fetch;
  const offline = () => hubBlob(file, { fetch: gone, wait: async () => {} });
  await expect(offline()).rejects.toThrow(/failures in a row/);
  await isWhole(await hub().get());
  await isWhole(await offline());
});

// Clients that are slow, wrong, hostile or gone, many at once, and the end of the server.
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { encodePng } from '@medclipseg/datasets/node';
import * as tf from '@tensorflow/tfjs-core';
import type { MedCLIPSeg } from 'medclipseg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { form, imageFile, type TinyServer, tinyModel, tinyServer } from './fixtures/tiny-server.ts';

const LIMITS = { bytes: 65_536, pixels: 1_000_000, samples: 100_000 };

let model: MedCLIPSeg;
let file: Uint8Array;
let server: TinyServer;
beforeAll(async () => {
  model = await tinyModel();
  file = await imageFile();
  server = await tinyServer(model, { limits: LIMITS, queue: 3, patience: 400 });
});
afterAll(async () => {
  await server.stop();
  await model.dispose();
});

const post = (
  fields: Readonly<Record<string, string>>,
  { to = server, bytes = file, signal }: { to?: TinyServer; bytes?: Uint8Array; signal?: AbortSignal } = {},
) => fetch(`${to.url}/v1/segment`, { method: 'POST', body: form({ prompt: 'polyp', ...fields }, bytes), signal });

const quick = { samples: '1', maps: 'none' };
/** Takes minutes. */
const endless = { samples: '100000', maps: 'none' };

const health = async (to = server) => (await fetch(`${to.url}/health`)).json();

/** Waits until this many requests have a place, a minute at least. */
async function untilQueue(count: number, to = server): Promise<void> {
  for (let i = 0; i < 6000; i++) {
    if ((await health(to)).queue === count) return;
    await sleep(10);
  }
  expect(await health(to)).toMatchObject({ queue: count });
}

const idle = (to = server) => untilQueue(0, to);

/** Sends text over a connection and returns all that comes back until it is closed. */
function raw(text: string | Buffer, to = server): { readonly socket: Socket; readonly answer: Promise<string> } {
  const socket = connect(to.port, '127.0.0.1');
  socket.write(text);
  const answer = new Promise<string>((resolve) => {
    let received = '';
    socket.on('data', (data) => {
      received += data;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
  });
  return { socket, answer };
}

const HEAD = 'POST /v1/segment HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n';
const multipart = (body: string | Buffer, boundary = 'x') =>
  Buffer.concat([
    Buffer.from(
      `${HEAD}Content-Type: multipart/form-data; boundary=${boundary}\r\nContent-Length: ${body.length}\r\n\r\n`,
    ),
    Buffer.from(body),
  ]);

describe('a slow client', () => {
  it.each([
    ['its headers', 'POST /v1/segment HTTP/1.1\r\nHost: loc'],
    ['its body', `${HEAD}Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 5000\r\n\r\n--x\r\n`],
    [
      'its body in chunks',
      `${HEAD}Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n--x\r\n\r\n`,
    ],
  ])('that never ends %s is cut off, and gives its place back', async (_, start) => {
    const { answer } = raw(start);
    expect(await answer).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n.*request: expected all of it within 0.4 s/s);
    await idle();
  });

  it('that drips is cut off as well', async () => {
    const { socket, answer } = raw(
      `${HEAD}Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 5000\r\n\r\n`,
    );
    const drip = setInterval(() => socket.write('-'), 20);
    expect(await answer).toMatch(/^HTTP\/1.1 408/);
    clearInterval(drip);
    await idle();
  });
});

describe('a body', () => {
  it('that is too large is refused, with and without a length', async () => {
    const large = await post(quick, { bytes: new Uint8Array(LIMITS.bytes + 1) });
    expect([large.status, (await large.json()).detail]).toEqual([
      413,
      expect.stringMatching(/^image: expected at most 65536 bytes/),
    ]);
    const { answer } = raw(
      `${HEAD}Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 99999999999\r\n\r\n`,
    );
    expect(await answer).toMatch(/^HTTP\/1.1 413 .*body: expected a file of at most 65536 bytes, got 99999999999/s);
    const part = '--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n';
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from(part));
        for (let i = 0; i < 300; i++) controller.enqueue(new Uint8Array(1024));
        controller.enqueue(Buffer.from('\r\n--x--\r\n'));
        controller.close();
      },
    });
    const chunked = await fetch(`${server.url}/v1/segment`, {
      method: 'POST',
      body: stream,
      duplex: 'half',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
    } as RequestInit);
    expect(chunked.status).toBe(413);
    await idle();
  });

  const field = (name: string, value = 'polyp') =>
    `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  it.each([
    ['another boundary', multipart(`--y\r\nContent-Disposition: form-data; name="prompt"\r\n\r\np\r\n--y--\r\n`)],
    ['no end', multipart(field('prompt'))],
    ['a boundary that is too long', multipart(field('prompt'), 'b'.repeat(300))],
    ['a part without a name', multipart('--x\r\nContent-Disposition: form-data\r\n\r\np\r\n--x--\r\n')],
    ['a part without headers', multipart('--x\r\n\r\np\r\n--x--\r\n')],
    ['a name of every object', multipart(`${field('__proto__')}--x--\r\n`)],
    ['many fields', multipart(`${Array.from({ length: 500 }, (_, i) => field(`f${i}`)).join('')}--x--\r\n`)],
    [
      'many files',
      multipart(
        `${'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\na\r\n'.repeat(50)}--x--\r\n`,
      ),
    ],
    ['a field twice', multipart(`${field('prompt')}${field('prompt')}--x--\r\n`)],
    ['noise', multipart(Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 131) % 256)))],
    ['nothing', multipart('')],
  ])('with %s is refused', async (_, request) => {
    expect(await raw(request).answer).toMatch(
      /^HTTP\/1.1 400 Bad Request\r\n.*application\/problem\+json.*: expected /s,
    );
    await idle();
  });

  it('of no HTTP, or with headers without end, is refused', async () => {
    expect(await raw('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03').answer).toMatch(/^HTTP\/1.1 400/);
    expect(await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(70_000)}`).answer).toMatch(/^HTTP\/1.1 431/);
  });
});

describe('a file', () => {
  it('is never opened by its name, and no address is asked', async () => {
    let asked = 0;
    const canary = createServer((_, answer) => {
      asked++;
      answer.end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => canary.once('listening', resolve));
    const url = `http://127.0.0.1:${(canary.address() as AddressInfo).port}/scan.png`;
    for (const name of [
      '/etc/passwd',
      '../../../../etc/passwd',
      '..\\..\\boot.ini',
      'file:///etc/passwd',
      url,
      'a\0b',
      '',
    ])
      for (const content of ['', name]) {
        const body = new FormData();
        body.set('prompt', `polyp ${url}`);
        body.set('image', new Blob([content]), name);
        const answer = await fetch(`${server.url}/v1/segment`, { method: 'POST', body });
        const { detail } = await answer.json();
        expect([400, 422]).toContain(answer.status);
        expect(detail).not.toMatch(/passwd|boot/);
      }
    const named = form({ prompt: 'polyp', ...quick }, undefined);
    named.set('image', new Blob([file as Uint8Array<ArrayBuffer>]), '/etc/passwd');
    expect((await fetch(`${server.url}/v1/segment`, { method: 'POST', body: named })).status).toBe(200);
    const text = await fetch(`${server.url}/v1/segment`, {
      method: 'POST',
      body: form({ prompt: 'polyp', image: url }, undefined),
    });
    expect(text.status).toBe(400);
    expect(asked).toBe(0);
    canary.close();
  });

  it('that unpacks to too much is refused', async () => {
    const zeros = await encodePng({ width: 2000, height: 2000, channels: 1, data: new Uint8Array(4_000_000) });
    const wide = await post(quick, { bytes: zeros });
    expect([wide.status, (await wide.json()).detail]).toEqual([
      413,
      expect.stringMatching(/^image: expected at most 1000000 pixels, got 2000x2000/),
    ]);
    const claim = Uint8Array.from(zeros);
    new DataView(claim.buffer).setUint32(16, 60_000);
    new DataView(claim.buffer).setUint32(20, 60_000);
    expect((await post(quick, { bytes: claim })).status).toBe(422);
    // 60 MB of nothing where a header should be, in 58 KB.
    const bomb = await post(quick, { bytes: gzipSync(new Uint8Array(60_000_000)) });
    expect(bomb.status).toBe(422);
  });
});

it('requests are answered while a large image is decoded', async () => {
  const side = 4000;
  const large = await encodePng({ width: side, height: side, channels: 1, data: new Uint8Array(side * side) });
  let refused = false;
  const answer = post(quick, { bytes: large }).finally(() => {
    refused = true;
  });
  let answers = 0;
  while (!refused) if ((await health()).queue === 1) answers++;
  expect((await answer).status).toBe(413);
  // On the thread of the server, decoding would leave no time for more than one or two.
  expect(answers).toBeGreaterThan(5);
});

describe('many clients', () => {
  it('at once are all answered, those without a place with 429', async () => {
    const small = await tinyServer(model, { queue: 3, patience: 30_000 });
    const answers = await Promise.all(Array.from({ length: 100 }, () => post(quick, { to: small })));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(4);
    for (const { status, headers } of answers) {
      expect([200, 429]).toContain(status);
      if (status === 429) expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    await Promise.all(answers.map((answer) => answer.text()));
    await idle(small);
    await small.stop();
  });

  it('eight at a time, 48 requests: none is lost, all are equal, no tensor is left', async () => {
    const busy = await tinyServer(model, { limits: LIMITS, patience: 30_000 });
    const tensors = tf.memory().numTensors;
    const answers: string[] = [];
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let i = 0; i < 6; i++) {
          const answer = await post({ samples: '1', maps: 'probability' }, { to: busy });
          expect(answer.status).toBe(200);
          answers.push((await answer.json()).maps.probability.base64);
        }
      }),
    );
    expect(answers).toHaveLength(48);
    expect(new Set(answers).size).toBe(1);
    expect(tf.memory().numTensors).toBe(tensors);
    await idle(busy);
    await busy.stop();
  });

  it('that go away while they wait or are computed give their places back', async () => {
    const calm = await tinyServer(model);
    await (await post(quick, { to: calm })).text();
    const tensors = tf.memory().numTensors;
    const control = new AbortController();
    const gone = Array.from({ length: 4 }, () =>
      post(endless, { to: calm, signal: control.signal }).catch((error) => error.name),
    );
    await untilQueue(4, calm);
    await sleep(50);
    control.abort();
    expect(await Promise.all(gone)).toEqual(Array(4).fill('AbortError'));
    await idle(calm);
    // The job that was running gives its tensors back at its end, for which the next one waits.
    expect((await post(quick, { to: calm })).status).toBe(200);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(calm.logged.filter((line) => JSON.parse(line).canceled)).toHaveLength(4);
    await calm.stop();
  });

  it('that go away within their body give their places back', async () => {
    const { socket } = raw(
      `${HEAD}Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 5000\r\n\r\n--x\r\n`,
    );
    await untilQueue(1);
    socket.destroy();
    await idle();
  });
});

describe('the end of the server', () => {
  it('lets requests finish, refuses new ones, and does not wait for idle connections', async () => {
    const ending = await tinyServer(model);
    await health(ending);
    const started = post({ samples: '40', maps: 'none' }, { to: ending });
    await untilQueue(1, ending);
    const stopped = ending.stop(60_000);
    expect((await started).status).toBe(200);
    await stopped;
    await expect(fetch(`${ending.url}/health`)).rejects.toThrow();
  });

  it('cancels what takes too long, those that compute, wait and send', async () => {
    const ending = await tinyServer(model, { patience: 30_000 });
    const requests = Array.from({ length: 3 }, () => post(endless, { to: ending }));
    const sending = raw(
      `${HEAD}Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 5000\r\n\r\n--x\r\n`,
      ending,
    );
    await untilQueue(4, ending);
    await ending.stop(50);
    // What takes minutes was canceled, since it was not answered with a result.
    const answers = await Promise.all(requests);
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect((await answer.json()).detail).toMatch(/^server: expected to be running, got one that is stopping/);
    }
    expect(await sending.answer).not.toMatch(/^HTTP\/1.1 200/);
  });
});

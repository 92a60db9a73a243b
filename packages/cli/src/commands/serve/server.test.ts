// Requests and answers, over real connections.

import { decodeImage } from '@medclipseg/datasets/node';
import { Validator } from '@seriousme/openapi-schema-validator';
import { unzipSync } from 'fflate';
import type { MedCLIPSeg } from 'medclipseg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { form, image, imageFile, type TinyServer, tinyModel, tinyServer } from './fixtures/tiny-server.ts';

let model: MedCLIPSeg;
let file: Uint8Array;
let server: TinyServer;
beforeAll(async () => {
  model = await tinyModel();
  file = await imageFile();
  server = await tinyServer(model);
});
afterAll(async () => {
  await server.stop();
  await model.dispose();
});

const TOKEN = 'a-token-of-twenty-letters';
const PROMPT = { prompt: 'top left polyp', samples: '2', seed: '5' };

const segment = (fields: Readonly<Record<string, string>>, headers: Record<string, string> = {}, bytes?: Uint8Array) =>
  fetch(`${server.url}/v1/segment`, { method: 'POST', body: form(fields, bytes ?? file), headers });

const gray = async (bytes: Uint8Array) => (await decodeImage(bytes, { as: 'gray' })).data;
const fromBase64 = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'));

describe('an answer', () => {
  it('as JSON has the figures and maps of the model', async () => {
    const answer = await segment(PROMPT);
    expect(answer.status).toBe(200);
    const body = await answer.json();
    const expected = await model.segment(image, PROMPT.prompt, { samples: 2, seed: 5 });
    const pixels = expected.mask.filter((v) => v === 1).length;
    expect(body).toMatchObject({
      model: 'tiny',
      size: [20, 12],
      prompt: PROMPT.prompt,
      samples: 2,
      foregroundPixels: pixels,
    });
    expect(Object.keys(body.maps)).toEqual(['mask', 'probability', 'uncertainty']);
    expect([...(await gray(fromBase64(body.maps.mask.base64)))]).toEqual([...expected.mask.map((v) => v * 255)]);
    const high = Array.from(expected.probability, (p) => Math.round(p * 65535) >> 8);
    expect([...(await gray(fromBase64(body.maps.probability.base64)))]).toEqual(high);
  });

  it.each([
    ['mask', 'image/png', {}],
    ['overlay', 'image/png', { maps: 'overlay' }],
  ])('to a wish for %s is one PNG', async (_, accept, fields) => {
    const answer = await segment({ ...PROMPT, ...fields }, { accept });
    expect(answer.headers.get('content-type')).toBe('image/png');
    const { width, height } = await decodeImage(new Uint8Array(await answer.arrayBuffer()));
    expect([width, height]).toEqual([20, 12]);
  });

  it('as an archive and as a form has the same files and a report', async () => {
    const { maps } = await (await segment(PROMPT)).json();
    const zip = await segment(PROMPT, { accept: 'application/zip' });
    const entries = unzipSync(new Uint8Array(await zip.arrayBuffer()));
    expect(Object.keys(entries)).toEqual(['mask.png', 'probability.png', 'uncertainty.png', 'report.json']);
    const parts = await (await segment({ ...PROMPT, output: 'multipart' })).formData();
    for (const name of Object.keys(maps)) {
      const bytes = Buffer.from(maps[name].base64, 'base64');
      expect(Buffer.from(entries[`${name}.png`] as Uint8Array).equals(bytes)).toBe(true);
      expect(Buffer.from(await (parts.get(name) as File).arrayBuffer()).equals(bytes)).toBe(true);
    }
    const report = JSON.parse(Buffer.from(entries['report.json'] as Uint8Array).toString());
    expect(report.files).toEqual({ mask: 'mask.png', probability: 'probability.png', uncertainty: 'uncertainty.png' });
    expect(JSON.parse(parts.get('report') as string).foregroundPixels).toBe(report.foregroundPixels);
  });

  it('of classes is a label map with figures of each', async () => {
    const classes = { polyp: 'polyp', other: 'bottom right' };
    const answer = await segment({ classes: JSON.stringify(classes), samples: '1', threshold: '0.1' });
    const body = await answer.json();
    const { labels } = await model.label(image, classes, { samples: 1, seed: 666, threshold: 0.1 });
    expect([...(await gray(fromBase64(body.maps.labels.base64)))]).toEqual([...labels]);
    expect(Object.keys(body.maps)).toEqual([
      'labels',
      '1-probability',
      '2-probability',
      '1-uncertainty',
      '2-uncertainty',
    ]);
    expect(body.classes.map(({ name }: { name: string }) => name)).toEqual(['polyp', 'other']);
    expect(body.warnings).toContainEqual(
      expect.stringMatching(/^prompt: expected one of the words .*, got 'bottom right'/),
    );
    expect(body.threshold).toBe(0.1);
  });

  it('warns of words that the model does not know', async () => {
    const { warnings } = await (await segment({ ...PROMPT, prompt: 'top', maps: 'none' })).json();
    expect(warnings[0]).toMatch(/^prompt: expected one of the words that this model knows \(polyp\), got 'top'/);
  });
});

describe('a form', () => {
  it.each([
    [{}, 400, /^form: expected a prompt or classes, got neither/],
    [{ ...PROMPT, classes: '{"a": "b"}' }, 400, /^form: expected a prompt or classes, got both/],
    [{ prompt: ' , ' }, 400, /^prompt: expected words that describe what to segment, got ' , '/],
    [{ prompt: 'p'.repeat(2001) }, 400, /^prompt: expected at most 2000 characters, got 2001/],
    [{ prompt: 'p'.repeat(70_000) }, 400, /^prompt: expected at most 65536 bytes, got more/],
    [{ classes: '["a"]' }, 400, /^classes: expected a JSON object/],
    [{ classes: '{}' }, 400, /^classes: expected a JSON object/],
    [
      { ...PROMPT, sampels: '2' },
      400,
      /^form: expected the fields of \/openapi.json, got 'sampels'. Did you mean 'samples'/,
    ],
    [{ ...PROMPT, samples: '100001' }, 400, /^samples: expected a whole number from 0 to 100000, got '100001'/],
    [{ ...PROMPT, seed: '1.5' }, 400, /^seed: expected a whole number/],
    [{ ...PROMPT, antithetic: '1' }, 400, /^antithetic: expected true or false, got '1'/],
    [{ ...PROMPT, stop: '2' }, 400, /^stop: expected a standard error/],
    [{ ...PROMPT, threshold: '0.5' }, 400, /^threshold: expected to be sent with classes/],
    [{ ...PROMPT, interpolation: 'cubic' }, 400, /^interpolation: expected bilinear, nearest, got 'cubic'/],
    [{ ...PROMPT, window: '40' }, 400, /^window: expected a center and a width/],
    [{ ...PROMPT, page: '3' }, 422, /^image: expected page 0 to 0, got page 3/],
    [{ ...PROMPT, maps: 'mask,labels' }, 400, /^maps: expected mask, .*, got 'labels'/],
    [{ ...PROMPT, maps: 'mask,overlay', output: 'map' }, 400, /^maps: expected one map/],
    [{ ...PROMPT, output: 'tar' }, 400, /^output: expected json, zip, multipart, map, got 'tar'/],
    [{ ...PROMPT, toString: 'x' }, 400, /^form: expected the fields of \/openapi.json/],
  ])('%o is refused with %i', async (fields, status, detail) => {
    const answer = await segment(fields as Record<string, string>);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const body = await answer.json();
    expect(body).toMatchObject({ type: 'about:blank', status, detail: expect.stringMatching(detail) });
    expect(answer.status).toBe(status);
  });

  it('with a value that is JSON by its type is read as text', async () => {
    const text = [
      '--x\r\nContent-Disposition: form-data; name="classes"\r\nContent-Type: application/json\r\n\r\n{"a": "polyp"}\r\n',
      '--x\r\nContent-Disposition: form-data; name="samples"\r\n\r\n1\r\n',
      '--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n',
    ].join('');
    const answer = await fetch(`${server.url}/v1/segment`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: Buffer.concat([Buffer.from(text), file, Buffer.from('\r\n--x--\r\n')]),
    });
    expect((await answer.json()).classes[0].name).toBe('a');
  });

  it('without an image, or with one that is none, is refused', async () => {
    const none = await fetch(`${server.url}/v1/segment`, { method: 'POST', body: form(PROMPT, undefined) });
    expect([none.status, (await none.json()).detail]).toEqual([
      400,
      expect.stringMatching(/^image: expected an image file, got none/),
    ]);
    const empty = await segment(PROMPT, {}, new Uint8Array());
    expect([empty.status, (await empty.json()).detail]).toEqual([400, expect.stringMatching(/got an empty one/)]);
    const text = await segment(PROMPT, {}, Buffer.from('no image'));
    expect([text.status, (await text.json()).detail]).toEqual([
      422,
      expect.stringMatching(/^image: expected a PNG, .*, got bytes of another kind/),
    ]);
    const half = await segment(PROMPT, {}, file.subarray(0, file.length / 2));
    expect(half.status).toBe(422);
  });

  it('with an Accept header that nothing fits is refused', async () => {
    const answer = await segment(PROMPT, { accept: 'text/html' });
    expect([answer.status, (await answer.json()).detail]).toEqual([
      406,
      expect.stringMatching(/^Accept: expected application\/json, /),
    ]);
  });
});

describe('a path', () => {
  it('that there is not, or with another method, is refused', async () => {
    const none = await fetch(`${server.url}/v1/../etc/passwd`);
    expect([none.status, (await none.json()).title]).toEqual([404, 'Not Found']);
    const post = await fetch(`${server.url}/health`, { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, OPTIONS']);
  });

  it('/health and /v1/models describe the server', async () => {
    expect(await (await fetch(`${server.url}/health`)).json()).toEqual({
      status: 'ok',
      ready: true,
      queue: 0,
      places: 17,
    });
    expect(await (await fetch(`${server.url}/v1/models`)).json()).toEqual({
      models: [{ name: 'tiny', format: 'medclipseg', backend: 'cpu', imageSize: 16, knownWords: ['polyp'] }],
    });
  });

  it('/openapi.json is a valid document that names every path', async () => {
    const document = await (await fetch(`${server.url}/openapi.json`)).json();
    const { valid, errors } = await new Validator().validate(document);
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(Object.keys(document.paths).sort()).toEqual(['/health', '/openapi.json', '/v1/models', '/v1/segment']);
  });
});

describe('a server with a token and an allowed page', () => {
  const origin = 'https://viewer.example';
  let guarded: TinyServer;
  beforeAll(async () => {
    guarded = await tinyServer(model, { access: { token: TOKEN, hosts: ['localhost'], origins: [origin] } });
  });
  afterAll(() => guarded.stop());

  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${guarded.url}${path}`, { method, headers });
  const authorization = `Bearer ${TOKEN}`;

  it('answers those who have it, and /health to all', async () => {
    expect((await ask('/health')).status).toBe(200);
    for (const path of ['/v1/models', '/openapi.json', '/nope']) expect((await ask(path)).status).toBe(401);
    const refused = await ask('/v1/models', { authorization: `${authorization}x` });
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await ask('/v1/models', { authorization })).status).toBe(200);
    expect((await ask('/v1/segment', {}, 'POST')).status).toBe(401);
  });

  it('answers the allowed page with its name, other pages not at all', async () => {
    const answer = await ask('/v1/models', { authorization, origin });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
    const preflight = await ask('/v1/segment', { origin, 'access-control-request-method': 'POST' }, 'OPTIONS');
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([204, 'POST']);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
    const other = await ask('/v1/models', { authorization, origin: 'https://evil.example' });
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    expect((await ask('/health', { authorization })).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('logs neither tokens nor prompts nor names', async () => {
    await fetch(`${guarded.url}/v1/segment?secret=1`, {
      method: 'POST',
      headers: { authorization },
      body: form({ prompt: 'secret polyp', samples: '1' }, file),
    });
    await new Promise(setImmediate);
    const lines = guarded.logged.map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ method: 'POST', route: '/v1/segment', status: 200 });
    expect(guarded.logged.join('')).not.toMatch(/secret|scan\.png|a-token/);
  });
});

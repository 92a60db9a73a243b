// Hubs that never finish, and addresses that must not be shown: every call ends soon, with an error that is safe to print.

import { COMMIT, redirect } from '@medclipseg/testing/hub';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { file, useHub } from '../../testing/hub-fixture.ts';
import { NetworkError, urlBlob, urlSource, WeightsError } from '../index.ts';
import { hubFile, listHubFiles } from './node.ts';

const at = useHub();

describe('metadata', () => {
  it('that does not end is refused at a bound', async () => {
    at.hub.apiAnswers.push((_, response) => {
      const piece = Buffer.alloc(2 ** 20, ' ');
      const more = () => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', more);
      more();
    });
    await expect(hubFile(file, at.options)).rejects.toThrow(
      /revision\/main: expected an answer of at most 33554432 bytes, got a longer one/,
    );
    expect(at.waits).toEqual([]);
  });

  describe('on a clock of its own', () => {
    // Answers without a network and a clock that only the test advances: what is slow does not depend on how busy the machine is.
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
    afterEach(() => void vi.useRealTimers());

    const SECOND = 1000;
    const bytes = (text: string) => new TextEncoder().encode(text);
    it.each<[string, () => Promise<Response>, RegExp]>([
      ['never begins', () => new Promise(() => {}), /no data for 2 seconds/],
      [
        'stalls',
        async () => new Response(new ReadableStream({ start: (body) => body.enqueue(bytes('{"sha":')) })),
        /no data for 2 seconds/,
      ],
      [
        'arrives a byte at a time',
        async () =>
          new Response(
            new ReadableStream({
              async pull(body) {
                await new Promise((resolve) => setTimeout(resolve, SECOND));
                body.enqueue(bytes(' '));
              },
            }),
          ),
        /only \d+ bytes in 10 seconds/,
      ],
    ])('that %s is requested again, and then given up', async (_, answer, message) => {
      const description = JSON.stringify({ sha: COMMIT, siblings: [{ rfilename: 'config.json', size: 2 }] });
      let [asked, failing] = [0, 5];
      const fetch = async () => (++asked <= failing ? answer() : new Response(description));
      const options = { ...at.options, fetch: fetch as typeof globalThis.fetch, idleTimeout: 2 * SECOND };
      const list = async () => {
        const ended = listHubFiles({ repo: file.repo }, options).then(
          ({ files }) => files.length,
          (error: unknown) => error,
        );
        await vi.advanceTimersByTimeAsync(100 * SECOND);
        return ended;
      };
      const error = await list();
      expect(error).toBeInstanceOf(NetworkError);
      expect((error as NetworkError).message).toMatch(message);
      expect(asked).toBe(5);
      [asked, failing] = [0, 1];
      expect([await list(), asked]).toEqual([1, 2]);
    });
  });

  it('that is an HTML page is named as one', async () => {
    at.hub.apiAnswers.push((_, response) => void response.end('<!doctype html><title>Sign in</title>'));
    await expect(hubFile(file, at.options)).rejects.toThrow(/expected JSON, got an HTML page/);
  });
});

describe('a connection error', () => {
  const failing = (code: string) => {
    const asked: string[] = [];
    const fetch = async (url: unknown) => {
      asked.push(`${url}`);
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(`it says ${code}`), { code }) });
    };
    return { asked, fetch: fetch as typeof globalThis.fetch };
  };

  it.each([
    ['ENOTFOUND', /'it says ENOTFOUND'. Check the host name/],
    ['CERT_HAS_EXPIRED', /Check the server's certificate/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /NODE_EXTRA_CA_CERTS/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /Check the server's certificate/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /Check the server's certificate/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /begins with http or https/],
  ])('that is permanent (%s) is not retried', async (code, message) => {
    const { asked, fetch } = failing(code);
    await expect(hubFile(file, { ...at.options, fetch })).rejects.toThrow(message);
    expect(asked).toHaveLength(1);
    expect(at.waits).toEqual([]);
  });

  it.each(['ECONNRESET', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])('that is temporary (%s) is retried', async (code) => {
    const { asked, fetch } = failing(code);
    await expect(hubFile(file, { ...at.options, fetch })).rejects.toThrow(/5 failures in a row/);
    expect(asked).toHaveLength(5);
  });

  it('is permanent if a server does not support TLS', async () => {
    const endpoint = at.hub.url.replace('http:', 'https:');
    await expect(hubFile(file, { ...at.options, endpoint })).rejects.toThrow(NetworkError);
    expect(at.waits).toEqual([]);
  });
});

describe('a password', () => {
  const SECRET = 'hunter2';
  const expectHidden = async (running: Promise<unknown>) => {
    const error = await running.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(WeightsError);
    // The message, the fields and the cause.
    for (let each = error; each instanceof Error; each = each.cause)
      expect(`${each.message} ${JSON.stringify(each)}`).not.toContain(SECRET);
  };

  it('in HF_ENDPOINT is refused and never shown, however the address is written', async () => {
    const host = at.hub.url.replace('http://', '');
    const endpoint = fc
      .tuple(
        fc.constantFrom('http://', 'https://', 'HTTP:\\\\', 'ftp://', 'htp:/', 'http:', '//', ''),
        fc.constantFrom(`user:${SECRET}@`, `${SECRET}@`, `user:${SECRET}/x@`, `a@b:${SECRET}@`, `user:${SECRET} @`),
        fc.constantFrom(host, 'hub', '', ':bad:', `${host}/path`),
        fc.constantFrom('', `?key=${SECRET}`, `#${SECRET}`),
      )
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(endpoint, async (address) => {
        await expectHidden(hubFile(file, { ...at.options, endpoint: address }));
        await expectHidden(listHubFiles({ repo: file.repo }, { ...at.options, endpoint: address }));
      }),
      { numRuns: 200 },
    );
    await expect(hubFile(file, { ...at.options, endpoint: `http://user:${SECRET}@${host}` })).rejects.toThrow(
      /HF_ENDPOINT: expected an address without a user name and password, got one that contains them/,
    );
  });

  it('in the address of a file or of a redirect is never shown', async () => {
    const withPassword = at.hub.url.replace('http://', `http://user:${SECRET}@`);
    await expectHidden(urlSource(`${withPassword}/x.pth`));
    await expectHidden(urlBlob(`${withPassword}/x.pth?token=${SECRET}`));
    await expectHidden(urlBlob(`nowhere user:${SECRET}@`));
    for (const location of [`${withPassword}/x`, `http://user:${SECRET}@`, `http://[${SECRET}`]) {
      at.hub.answers.push(redirect(location));
      await expectHidden(hubFile(file, at.options));
    }
  });
});

// Hubs that never finish, and addresses that must not be shown: every call ends soon, with an error that is safe to print.

import { type Answer, redirect } from '@medclipseg/testing/hub';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { file, useHub } from '../../testing/hub-fixture.ts';
import { NetworkError, urlBlob, urlSource, WeightsError } from '../index.ts';
import { hubFile, listHubFiles } from './node.ts';

const at = useHub();
const repeated = (answer: Answer) => Array.from({ length: 5 }, () => answer);

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

  it.each<[string, Answer, RegExp]>([
    ['never begins', () => {}, /no data for 0.05 seconds/],
    ['stalls', (_, response) => void response.write('{"sha":'), /no data for 0.05 seconds/],
    [
      'arrives a byte at a time',
      (_, response) => {
        const timer = setInterval(() => response.write(' '), 10);
        response.on('close', () => clearInterval(timer));
      },
      /only \d+ bytes in 0.25 seconds/,
    ],
  ])('that %s is requested again, and then given up', async (_, answer, message) => {
    const options = { ...at.options, idleTimeout: 50 };
    at.hub.apiAnswers.push(...repeated(answer));
    const asking = listHubFiles({ repo: file.repo }, options);
    await expect(asking).rejects.toThrow(message);
    await expect(asking).rejects.toThrow(NetworkError);
    expect(at.hub.apiAnswers).toEqual([]);
    at.hub.apiAnswers.push(answer);
    expect((await listHubFiles({ repo: file.repo }, options)).files).toHaveLength(2);
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

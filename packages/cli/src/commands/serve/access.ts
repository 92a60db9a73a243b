// Who may ask: names of the host, origins of pages, and a token.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { RequestError } from './problem.ts';

export interface Access {
  /** Required of every request but `/health` if given. */
  readonly token?: string;
  /** Names in the Host header that are answered; all of them if absent. */
  readonly hosts?: readonly string[];
  /** Origins of web pages that may use the server, such as `https://viewer.example`. */
  readonly origins: readonly string[];
}

/** Addresses that only this machine reaches. */
export const isLoopback = (address: string): boolean =>
  /^127\.\d+\.\d+\.\d+$/.test(address) || address === '::1' || /^::ffff:127\./.test(address);

/** The name in a Host header, without the port; `undefined` for anything else. */
export function hostName(host: string | undefined): string | undefined {
  const [, name] = /^(\[[\da-f:.]+\]|[^:\s/@[\]]+)(?::\d+)?$/i.exec(host ?? '') ?? [];
  return name?.toLowerCase().replace(/^\[|\]$/g, '');
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares in a time that does not depend on the texts. */
const isEqual = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

/**
 * A page of another site could reach a server on this machine under a name that resolves to it (DNS rebinding).
 *
 * @throws {RequestError} for a host that is not served
 */
export function checkHost({ hosts }: Access, { host }: IncomingHttpHeaders): void {
  if (hosts === undefined) return;
  const name = hostName(host);
  if (name === undefined || !(hosts.includes(name) || isLoopback(name)))
    throw new RequestError(
      421,
      'Host',
      hosts.join(' or '),
      name === undefined ? 'none' : `'${name}'`,
      'Use the address that the server prints, or start it with --allow-host.',
    );
}

/** @throws {RequestError} for requests of web pages whose origin is not allowed: a form can be sent to any address without asking first */
export function checkOrigin({ origins }: Access, { origin, host }: IncomingHttpHeaders): void {
  if (origin === undefined || origin === `http://${host}` || origins.includes(origin)) return;
  throw new RequestError(
    403,
    'Origin',
    origins.length > 0 ? origins.join(' or ') : 'none, since no web page may use this server',
    `'${origin}'`,
    'Start the server with --allow-origin for this page.',
  );
}

/** @throws {RequestError} if a token is required and not given */
export function checkToken({ token }: Access, { authorization }: IncomingHttpHeaders): void {
  if (token === undefined) return;
  const [, given] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (given !== undefined && isEqual(given, token)) return;
  throw new RequestError(
    401,
    'Authorization',
    'Bearer and the token of this server',
    given === undefined ? 'none' : 'another token',
    'Send the token.',
    { 'www-authenticate': 'Bearer' },
  );
}

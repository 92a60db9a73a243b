// Errors of requests to servers.
import { brief, WeightsError } from '../errors.ts';

/**
 * An address as it may be shown: without user name, password, query and fragment. Signed storage URLs carry their signature in
 * the query.
 */
export function redactedUrl(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === 'data:' || url?.protocol === 'blob:') return url.protocol;
  if (url && /^(https?|file):$/.test(url.protocol))
    return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
  // Not an address: everything up to the last '@' may be a password.
  return address.replace(/^.*@/s, '').replace(/[?#].*$/s, '');
}

function remedyFor(status: number): string {
  if (status === 401 || status === 403)
    return "Check the repository's name. If it is private or gated, accept its terms on its page and set HF_TOKEN.";
  if (status === 404) return 'Check the address; on the model hub, the repository, the revision and the file name.';
  if (status === 429) return 'Wait a few minutes and try again.';
  if (status >= 500) return 'The server failed; try again later.';
  return 'Check the address and HF_ENDPOINT.';
}

/** A server answered with a status other than the one expected. */
export class HttpError extends WeightsError {
  override readonly name = 'HttpError';
  /** Without credentials and query. */
  readonly url: string;
  constructor(
    url: string,
    readonly status: number,
    expected = 'a file',
  ) {
    super('weights/http', `${redactedUrl(url)}: expected ${expected}, got HTTP ${status}. ${remedyFor(status)}`);
    this.url = redactedUrl(url);
  }
}

/** A server that could not be reached, or whose transfers failed repeatedly. */
export class NetworkError extends WeightsError {
  override readonly name = 'NetworkError';
  /** Without credentials and query. */
  readonly url: string;
  constructor(
    url: string,
    actual: string,
    remedy = 'Check the connection and try again; partial downloads are kept.',
    options?: ErrorOptions,
  ) {
    super('weights/network', `${redactedUrl(url)}: expected an answer, got ${brief(actual)}. ${remedy}`, options);
    this.url = redactedUrl(url);
  }
}

/** A text that is not the address of a file on a server. */
export class AddressError extends WeightsError {
  override readonly name = 'AddressError';
  constructor(subject: string, expected: string, actual: string, remedy: string) {
    super('weights/address', `${brief(subject)}: expected ${expected}, got ${brief(actual)}. ${remedy}`);
  }
}

/** @throws {AddressError} unless the text is an address without a user name or password, which `fetch` does not send. */
export function checkedUrl(address: string | URL, subject = redactedUrl(`${address}`)): URL {
  const url = URL.canParse(`${address}`) ? new URL(address) : undefined;
  if (!url) throw new AddressError(subject || 'address', 'an address', `'${redactedUrl(`${address}`)}'`, 'Check it.');
  if (url.username !== '' || url.password !== '')
    throw new AddressError(
      subject,
      'an address without a user name and password',
      'one that contains them',
      'Remove them; for the model hub, set HF_TOKEN.',
    );
  return url;
}

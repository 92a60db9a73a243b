// What goes wrong on the way to a server.
import { WeightsError } from '../errors.ts';

/** Addresses of storage servers carry signatures that are as good as passwords. */
export const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, '');

/** What a person can do about a status. */
function remedy(status: number): string {
  if (status === 401 || status === 403)
    return 'Set HF_TOKEN to a token that may read this repository, and accept its terms on its page.';
  if (status === 404) return 'Check the repository, the revision and the name of the file.';
  if (status === 429) return 'Wait some minutes and try again.';
  if (status >= 500) return 'The server is at fault; try again later.';
  return 'Check the address and HF_ENDPOINT.';
}

/** A server that answers, but not with what was asked for. */
export class HttpError extends WeightsError {
  override readonly name = 'HttpError';
  constructor(
    readonly url: string,
    readonly status: number,
    expected = 'a file',
  ) {
    super('weights/http', `${withoutQuery(url)}: expected ${expected}, got HTTP ${status}. ${remedy(status)}`);
  }
}

/** A server that cannot be reached, or that breaks off again and again. */
export class NetworkError extends WeightsError {
  override readonly name = 'NetworkError';
  constructor(
    readonly url: string,
    actual: string,
    options?: ErrorOptions,
  ) {
    super(
      'weights/network',
      `${withoutQuery(url)}: expected an answer, got ${actual}. Check the connection and try again; what has arrived is kept.`,
      options,
    );
  }
}

// Bodies of responses: read piece by piece, bounded in size, and abandoned when the connection stalls.
import { FormatError } from '../errors.ts';
import { redactedUrl } from './errors.ts';

/** Milliseconds without a byte after which a connection counts as broken. */
const IDLE_TIMEOUT = 60_000;

/** Waits for a promise, but no longer than a number of milliseconds. */
export async function withTimeout<T>(
  promise: Promise<T>,
  milliseconds = IDLE_TIMEOUT,
  onTimeout?: (error: Error) => void,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no data for ${milliseconds / 1000} seconds`);
      reject(error);
      onTimeout?.(error);
    }, milliseconds);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Yields the pieces of a body; fails when the connection stalls. */
export async function* chunksOf(response: Response, idleTimeout?: number): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await withTimeout(reader.read(), idleTimeout);
      if (done) return;
      yield value;
    }
  } finally {
    // Not awaited: canceling a stalled connection may take forever.
    reader.cancel().catch(() => {});
  }
}

/** A body of a known length; never holds more than that. */
export async function readExactly(response: Response, length: number, idleTimeout?: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  for await (const chunk of chunksOf(response, idleTimeout)) {
    if (filled + chunk.length > length) throw new Error(`more than ${length} bytes`);
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled < length) throw new Error(`the end after ${filled} of ${length} bytes`);
  return bytes;
}

/** A server that sends a byte now and then is not idle, yet never done: all of a small body may take this many idle timeouts. */
const IDLE_TIMEOUTS_PER_BODY = 5;

/**
 * A body of unknown length as text, bounded in size and time.
 *
 * @throws {FormatError} if it is longer than `limit` bytes
 */
export async function readText(
  response: Response,
  url: string,
  limit: number,
  idleTimeout = IDLE_TIMEOUT,
): Promise<string> {
  const deadline = performance.now() + IDLE_TIMEOUTS_PER_BODY * idleTimeout;
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for await (const chunk of chunksOf(response, idleTimeout)) {
    length += chunk.length;
    if (length > limit) throw new FormatError(redactedUrl(url), `an answer of at most ${limit} bytes`, 'a longer one');
    if (performance.now() > deadline)
      throw new Error(`only ${length} bytes in ${(IDLE_TIMEOUTS_PER_BODY * idleTimeout) / 1000} seconds`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

// Errors of the playground, and how tagged errors cross from a worker to the page.
import { transferHandlers } from 'comlink';

/** `worker-ended`: the worker was closed while it had work to do. */
export type PlaygroundErrorTag =
  | 'playground/file-too-large'
  | 'playground/interrupted'
  | 'playground/mask-size'
  | 'playground/not-open'
  | 'playground/series'
  | 'playground/worker-ended'
  | 'playground/worker-failed';

export class PlaygroundError extends Error {
  override readonly name = 'PlaygroundError';

  constructor(
    readonly tag: PlaygroundErrorTag,
    message: string,
  ) {
    super(message);
  }
}

/** The string field of any error, or an empty string; errors of workers arrive as plain `Error` objects. */
export function errorField(error: unknown, field: 'tag' | 'message' | 'name'): string {
  const value = (error as Record<string, unknown> | null | undefined)?.[field];
  return typeof value === 'string' ? value : '';
}

/** Comlink sends only name, message and stack of an error. Called in a worker, this sends the tag as well. */
export function sendErrorTags(): void {
  const plain = transferHandlers.get('throw');
  if (!plain) return;
  transferHandlers.set('throw', {
    ...plain,
    serialize(thrown: { readonly value: unknown }) {
      const [serialized, transfers] = plain.serialize(thrown);
      const tag = errorField(thrown.value, 'tag');
      if (tag) Object.assign((serialized as { value: object }).value, { tag });
      return [serialized, transfers];
    },
  });
}

// Errors cross from worker to page with their tag, by which the page finds words for them.
import { transferHandlers } from 'comlink';

interface Thrown {
  readonly value: unknown;
}

/** Comlink passes on name and message; of our errors, the tag too. Called once on the side that throws. */
export function passErrorTags(): void {
  const plain = transferHandlers.get('throw');
  if (!plain) return;
  transferHandlers.set('throw', {
    ...plain,
    serialize(thrown: Thrown) {
      const [serialized, transfers] = plain.serialize(thrown);
      const tag = (thrown.value as { tag?: unknown } | undefined)?.tag;
      if (typeof tag === 'string') Object.assign((serialized as { value: object }).value, { tag });
      return [serialized, transfers];
    },
  });
}

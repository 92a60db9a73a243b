// The key that somebody may have meant.
import { nearest } from '@medclipseg/weights';

const last = (key: string): string => key.slice(key.lastIndexOf('.') + 1);

/** The same name in another section, or else the known key with the fewest changes. */
export function nearestKey(key: string, known: readonly string[]): string | undefined {
  const elsewhere = known.find((candidate) => last(candidate) === last(key));
  if (elsewhere !== undefined) return elsewhere;
  const section = key.slice(0, -last(key).length);
  const siblings = known.filter((candidate) => candidate.startsWith(section));
  const sibling = nearest(
    last(key),
    siblings.map((candidate) => candidate.slice(section.length)),
  );
  return sibling === undefined ? nearest(key, known) : section + sibling;
}

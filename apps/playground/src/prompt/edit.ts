// Changes one thing that a prompt says and leaves the rest as the person wrote it.
import { placesIn } from '@medclipseg/datasets';
import { KINDS, type Kind, PLACES, type Place, VOCABULARY } from './words.ts';

const anyOf = (words: readonly string[]): RegExp => new RegExp(`\\b(${words.join('|')})(s?)\\b`, 'i');

/** The clause that tells places, as suggestions write it and people vary it. */
const PLACE = '(?:(?:top|upper|bottom|lower)(?:[ -](?:left|right|center|middle))?|left|right|center|middle)';
const CLAUSE = new RegExp(
  `,?\\s*(?:located\\s+)?(?:in|at|on)\\s+(?:the\\s+)?${PLACE}(?:\\s*(?:,|and)\\s*(?:the\\s+)?${PLACE})*(?:\\s+of\\s+the\\s+(?:image|picture))?`,
  'i',
);

const tidy = (prompt: string): string =>
  prompt
    .replace(/\s+/g, ' ')
    .replace(/\s+([,.])/g, '$1')
    .trim();

/** Words of place, which look like no other kind, kept apart from what is before them. */
function split(prompt: string): readonly [string, string] {
  const at = CLAUSE.exec(prompt)?.index ?? prompt.length;
  return [prompt.slice(0, at), prompt.slice(at)];
}

/** The word of a kind that a prompt contains, in its listed form. */
export function wordOf(prompt: string, kind: Kind): string | undefined {
  const found = anyOf(VOCABULARY[kind]).exec(split(prompt)[0])?.[1]?.toLowerCase();
  return VOCABULARY[kind].find((word) => word === found);
}

/** The prompt with another word of a kind, or without one. */
export function withWord(prompt: string, kind: Kind, word: string | undefined): string {
  const [before, clause] = split(prompt);
  const pattern = anyOf(VOCABULARY[kind]);
  if (pattern.test(before)) return tidy(`${before.replace(pattern, word ?? '')}${clause}`);
  if (!word) return tidy(prompt);
  // Behind the last word of the kinds that come before this one.
  let at = 0;
  for (const earlier of KINDS.slice(0, KINDS.indexOf(kind))) {
    const found = anyOf(VOCABULARY[earlier]).exec(before);
    if (found) at = Math.max(at, found.index + found[0].length);
  }
  return tidy(`${before.slice(0, at)} ${word} ${before.slice(at)}${clause}`);
}

/** The prompt with a place added, or taken out if it is there. */
export function togglePlace(prompt: string, place: Place): string {
  const told = placesIn(prompt);
  const places = PLACES.filter((p) => (p === place ? !told.includes(p) : told.includes(p)));
  const end = /[.!]\s*$/.exec(prompt)?.[0].trim() ?? '';
  const without = tidy(prompt.replace(/[.!]\s*$/, '').replace(CLAUSE, ''));
  return places.length === 0 ? without + end : `${without}, located in ${places.join(', ')} of the image${end}`;
}

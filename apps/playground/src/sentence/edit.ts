// Changes one thing that a sentence says and leaves the rest as the person wrote it.
import { placesIn } from '@medclipseg/datasets';
import { KINDS, type Kind, PLACES, type Place, VOCABULARY } from './words.ts';

const anyOf = (words: readonly string[]): RegExp => new RegExp(`\\b(${words.join('|')})(s?)\\b`, 'i');

/** The clause that tells places, as suggestions write it and people vary it. */
const PLACE = '(?:(?:top|upper|bottom|lower)(?:[ -](?:left|right|center|middle))?|left|right|center|middle)';
const CLAUSE = new RegExp(
  `,?\\s*(?:located\\s+)?(?:in|at|on)\\s+(?:the\\s+)?${PLACE}(?:\\s*(?:,|and)\\s*(?:the\\s+)?${PLACE})*(?:\\s+of\\s+the\\s+(?:image|picture))?`,
  'i',
);

const tidy = (sentence: string): string =>
  sentence
    .replace(/\s+/g, ' ')
    .replace(/\s+([,.])/g, '$1')
    .trim();

/** Words of place, which look like no other kind, kept apart from what is before them. */
function split(sentence: string): readonly [string, string] {
  const at = CLAUSE.exec(sentence)?.index ?? sentence.length;
  return [sentence.slice(0, at), sentence.slice(at)];
}

/** The word of a kind that a sentence contains, in its listed form. */
export function wordOf(sentence: string, kind: Kind): string | undefined {
  const found = anyOf(VOCABULARY[kind]).exec(split(sentence)[0])?.[1]?.toLowerCase();
  return VOCABULARY[kind].find((word) => word === found);
}

/** The sentence with another word of a kind, or without one. */
export function withWord(sentence: string, kind: Kind, word: string | undefined): string {
  const [before, clause] = split(sentence);
  const pattern = anyOf(VOCABULARY[kind]);
  if (pattern.test(before)) return tidy(`${before.replace(pattern, word ?? '')}${clause}`);
  if (!word) return tidy(sentence);
  // Behind the last word of the kinds that come before this one.
  let at = 0;
  for (const earlier of KINDS.slice(0, KINDS.indexOf(kind))) {
    const found = anyOf(VOCABULARY[earlier]).exec(before);
    if (found) at = Math.max(at, found.index + found[0].length);
  }
  return tidy(`${before.slice(0, at)} ${word} ${before.slice(at)}${clause}`);
}

/** The sentence with a place added, or taken out if it is there. */
export function togglePlace(sentence: string, place: Place): string {
  const told = placesIn(sentence);
  const places = PLACES.filter((p) => (p === place ? !told.includes(p) : told.includes(p)));
  const end = /[.!]\s*$/.exec(sentence)?.[0].trim() ?? '';
  const without = tidy(sentence.replace(/[.!]\s*$/, '').replace(CLAUSE, ''));
  return places.length === 0 ? without + end : `${without}, located in ${places.join(', ')} of the image${end}`;
}

// Edits one property of a prompt and keeps the rest as the user wrote it.
import { type Modality, PLACES, type Place, placesIn, WORDINGS } from '@medclipseg/datasets';

export const SIZES = ['small', 'medium', 'large'] as const;
export const COUNTS = ['one', 'two', 'three'] as const;

/** Colors and brightness of lesions, by modality. */
export const APPEARANCES: Readonly<Record<Modality, readonly string[]>> = {
  endoscopy: ['pink', 'red', 'white', 'yellow', 'brown', 'orange'],
  dermoscopy: ['brown', 'black', 'red', 'tan', 'pink'],
  ultrasound: ['dark', 'black', 'bright'],
  mri: ['bright', 'dark'],
  xray: ['faint', 'dense'],
};

export const LESIONS = [...new Set(Object.values(WORDINGS).map(({ lesion }) => lesion))];

/** Properties that a prompt states before the place, in this order. */
export const PROPERTIES = ['count', 'size', 'appearance', 'lesion'] as const;
export type Property = (typeof PROPERTIES)[number];

/** The words for each property in the published prompts. */
const VOCABULARY: Readonly<Record<Property, readonly string[]>> = {
  count: ['no', ...COUNTS, 'four', 'five', 'multiple', 'several'],
  size: [...SIZES, 'big', 'tiny'],
  appearance: [...new Set([...Object.values(APPEARANCES).flat(), 'purple', 'gray'])],
  // Longer terms first: "skin lesion" before "lesion".
  lesion: [...LESIONS, 'nodule', 'lesion', 'mass'].sort((a, b) => b.length - a.length),
};

/** Matches any of the words, with an optional plural s and either spelling of gray. */
const anyOf = (words: readonly string[]): RegExp =>
  new RegExp(`\\b(${words.join('|').replace('gray', 'gr[ae]y')})(s?)\\b`, 'i');

/** The clause that states the place, as suggestions write it and with common variations. */
const PLACE = '(?:(?:top|upper|bottom|lower)(?:[ -](?:left|right|center|middle))?|left|right|center|middle)';
const CLAUSE = new RegExp(
  `,?\\s*(?:located\\s+)?(?:in|at|on)\\s+(?:the\\s+)?${PLACE}(?:\\s*(?:,|and)\\s*(?:the\\s+)?${PLACE})*(?:\\s+of\\s+the\\s+(?:image|scan|frame|photo))?`,
  'i',
);

const tidy = (prompt: string): string =>
  prompt
    .replace(/\s+/g, ' ')
    .replace(/\s+([,.])/g, '$1')
    .trim();

/** The prompt up to its place clause, and the rest: a word such as "right" there states no other property. */
function split(prompt: string): readonly [string, string] {
  const at = CLAUSE.exec(prompt)?.index ?? prompt.length;
  return [prompt.slice(0, at), prompt.slice(at)];
}

/** The word that states a property in the prompt, in its listed form. */
export function wordOf(prompt: string, property: Property): string | undefined {
  const found = anyOf(VOCABULARY[property])
    .exec(split(prompt)[0])?.[1]
    ?.toLowerCase()
    .replace(/^gr.y$/, 'gray');
  return VOCABULARY[property].find((word) => word === found);
}

/** The prompt with another word for a property, or without one. */
export function withWord(prompt: string, property: Property, word: string | undefined): string {
  const [before, clause] = split(prompt);
  const pattern = anyOf(VOCABULARY[property]);
  if (pattern.test(before)) return tidy(`${before.replace(pattern, word ?? '')}${clause}`);
  if (!word) return tidy(prompt);
  // Insert it after the last word of the preceding properties.
  let at = 0;
  for (const earlier of PROPERTIES.slice(0, PROPERTIES.indexOf(property))) {
    const found = anyOf(VOCABULARY[earlier]).exec(before);
    if (found) at = Math.max(at, found.index + found[0].length);
  }
  return tidy(`${before.slice(0, at)} ${word} ${before.slice(at)}${clause}`);
}

/** The prompt with a place added, or removed if it is already there. */
export function togglePlace(prompt: string, place: Place): string {
  const present = placesIn(prompt);
  const places = PLACES.filter((p) => (p === place ? !present.includes(p) : present.includes(p)));
  const end = /[.!]\s*$/.exec(prompt)?.[0].trim() ?? '';
  const without = tidy(prompt.replace(/[.!]\s*$/, '').replace(CLAUSE, ''));
  return places.length === 0 ? without + end : `${without}, located in ${places.join(', ')} of the image${end}`;
}

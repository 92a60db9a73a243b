// What a prompt claims, parsed from its words.
import type { Place } from './lesions.ts';

const ROWS: Readonly<Record<string, string>> = { top: 'top', upper: 'top', bottom: 'bottom', lower: 'bottom' };

/**
 * A row with or without a column, a column with or without a row before it, or the middle. Left and right of a lung are those of
 * the patient, not of the image, and the middle of a donut is a shape.
 */
const PLACE =
  /\b(?:(top|upper|bottom|lower)(?:[ -](left|right|center|middle))?|(?:(?:center|middle)[ -])?(left|right)|(?:center|central|middle)(?! of (?!the\b)))\b(?!(?:[ -](?:left|right))? lungs?\b)/gi;

/**
 * The places that a prompt names, in order, from `top left` to `bottom right`. Upper and lower are top and bottom.
 *
 * @example
 * ```ts
 * placesIn('one small round polyp, located in upper left of the image');
 * // ['top left']
 * ```
 */
export function placesIn(prompt: string): Place[] {
  return [...prompt.matchAll(PLACE)].map(([, row, columnOfRow, alone]) => {
    const vertical = ROWS[row?.toLowerCase() ?? ''] ?? '';
    const horizontal = /left|right/i.exec(columnOfRow ?? alone ?? '')?.[0].toLowerCase() ?? '';
    return ([vertical, horizontal].filter(Boolean).join(' ') || 'center') as Place;
  });
}

/** The prompt with its only place replaced; undefined if it names none or several. */
export const withPlace = (prompt: string, place: Place): string | undefined =>
  placesIn(prompt).length === 1 ? prompt.replace(PLACE, place) : undefined;

const NONE = /\b(no|not|nothing|without|absence|free of|normal|normality|healthy|unremarkable|uncomplicated)\b/i;

/** Words for normal tissue. Said of a lesion ("a clear tumor in the center"), they come with its place. */
const NORMAL = /\b(homogeneous|uniform|intact|integrity|stable|clear|clean)\b/i;

/**
 * Whether a prompt says that the image has no lesion, in the words of the published sheets. This includes contradictory prompts, which say both.
 */
export const claimsNoLesion = (prompt: string): boolean =>
  NONE.test(prompt) || (NORMAL.test(prompt) && placesIn(prompt).length === 0);

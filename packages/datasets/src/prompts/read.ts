// What a prompt claims, read back from its words.
import type { Place } from './findings.ts';

const ROWS: Readonly<Record<string, string>> = { top: 'top', upper: 'top', bottom: 'bottom', lower: 'bottom' };

/**
 * A row with or without a column, a column with or without a row before it, or the middle. Left and right of a lung are the
 * patient's, not the image's, and the middle of a doughnut is a shape.
 */
const PLACE =
  /\b(?:(top|upper|bottom|lower)(?:[ -](left|right|center|middle))?|(?:(?:center|middle)[ -])?(left|right)|(?:center|central|middle)(?! of (?!the\b)))\b(?!(?:[ -](?:left|right))? lungs?\b)/gi;

/** The places that a prompt names, in its order: `top left` … `bottom right`; upper and lower are top and bottom. */
export function placesIn(prompt: string): Place[] {
  return [...prompt.matchAll(PLACE)].map(([, row, besideRow, alone]) => {
    const vertical = ROWS[row?.toLowerCase() ?? ''] ?? '';
    const horizontal = /left|right/i.exec(besideRow ?? alone ?? '')?.[0].toLowerCase() ?? '';
    return ([vertical, horizontal].filter(Boolean).join(' ') || 'center') as Place;
  });
}

const NOTHING = /\b(no|not|nothing|without|absence|free of|normal|normality|healthy|unremarkable|uncomplicated)\b/i;

/** Words that praise the tissue; of a finding ("a clear tumor in the center") they are said with its place. */
const SOUND = /\b(homogeneous|uniform|intact|integrity|stable|clear|clean)\b/i;

/**
 * Whether a prompt says that there is nothing to find, in the words of the published sheets.
 * Contradictory prompts, which say both, count as saying so.
 */
export const speaksOfNothing = (prompt: string): boolean =>
  NOTHING.test(prompt) || (SOUND.test(prompt) && placesIn(prompt).length === 0);

// What to segment: a prompt, prompts of slice ranges, or the prompts of classes.
import { decimal } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { type OpenRange, sliceRange } from '../../volumes.ts';

/** A prompt for some slices of a volume. */
export interface RangePrompt extends OpenRange {
  readonly prompt: string;
}

export type What =
  | { readonly prompt: string }
  | { readonly ranges: readonly RangePrompt[] }
  | { readonly classes: Readonly<Record<string, string>> };

/** Prompts of slice ranges, in the order of the slices. Throws `UsageError` where they overlap. */
export function checkRanges(ranges: readonly RangePrompt[]): RangePrompt[] {
  const sorted = [...ranges].sort((a, b) => a.from - b.from);
  for (const [i, { from }] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before && from < (before.to ?? Number.POSITIVE_INFINITY))
      throw new UsageError(
        'prompts of slices',
        'ranges that do not overlap',
        `${before.from}:${before.to ?? ''} and ${from}:${sorted[i]?.to ?? ''}`,
        'Give each slice one prompt.',
      );
  }
  return sorted;
}

function checkPrompt(prompt: string): string {
  if (prompt.trim() === '')
    throw new UsageError('--prompt', 'a prompt of one word or more', `'${prompt}'`, 'Say what to segment.');
  return prompt;
}

/** The named prompts of `--class`. Throws `UsageError`. */
function classesOf(given: readonly string[]): Record<string, string> {
  const classes: Record<string, string> = {};
  for (const text of given) {
    const [, name, prompt] = /^([^=]*[^=\s])\s*=\s*(\S.*)$/s.exec(text) ?? [];
    if (name === undefined || prompt === undefined)
      throw new UsageError('--class', 'name=prompt', `'${text}'`, 'Write for example polyp="one small polyp".');
    if (Object.hasOwn(classes, name))
      throw new UsageError('--class', 'each name once', `'${name}' twice`, 'Give each class a name of its own.');
    classes[name] = prompt;
  }
  return classes;
}

/** What `--prompt` and `--class` ask for; `undefined` if neither is given. Throws `UsageError`. */
export function whatOf(prompts: readonly string[], classes: readonly string[]): What | undefined {
  if (prompts.length > 0 && classes.length > 0)
    throw new UsageError(
      'what to segment',
      '--prompt or --class',
      'both',
      'Give one prompt for a mask, or a class for each part of a label map.',
    );
  if (classes.length > 0) return { classes: classesOf(classes) };
  const ranges = prompts.flatMap((text): RangePrompt[] => {
    const [, slices, prompt] = /^(\s*\d*\s*:\s*\d*\s*)=(.*)$/s.exec(text) ?? [];
    return slices === undefined || prompt === undefined
      ? []
      : [{ ...sliceRange('--prompt', slices), prompt: checkPrompt(prompt).trim() }];
  });
  if (ranges.length === prompts.length && ranges.length > 0) return { ranges: checkRanges(ranges) };
  if (prompts.length > 1)
    throw new UsageError(
      '--prompt',
      'one prompt, or prompts of slices such as 0:40="one small tumor"',
      `${prompts.length} prompts`,
      'Give --class for several structures, or --jobs for a prompt per image.',
    );
  const [prompt] = prompts;
  return prompt === undefined ? undefined : { prompt: checkPrompt(prompt) };
}

/** The error where nothing says what to segment. */
export const nothingToSegment = (subject = 'what to segment'): UsageError =>
  new UsageError(
    subject,
    '--prompt or --class',
    'neither',
    'Give one prompt for a mask, or a class for each part of a label map.',
  );

/** The probability above which a pixel belongs to a class. */
export function thresholdOf(text: string | undefined, hasClasses: boolean): number | undefined {
  if (text === undefined) return undefined;
  const value = decimal(text) ?? Number.NaN;
  if (!hasClasses)
    throw new UsageError('--threshold', 'to be given with --class', 'no class', 'A mask is always above 0.5.');
  if (!(value >= 0 && value < 1))
    throw new UsageError('--threshold', 'a probability from 0 to below 1', `'${text}'`, 'Give for example 0.5.');
  return value;
}

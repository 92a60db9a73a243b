// Named prompts on the command line.
import { decimal } from '../../command.ts';
import { UsageError } from '../../errors.ts';

/** The classes with their prompts, or nothing where there is one prompt for a mask. */
export function classesOf(prompt: string | undefined, given: readonly string[]): Record<string, string> | undefined {
  if ((prompt === undefined) === (given.length === 0))
    throw new UsageError(
      'what to segment',
      '--prompt or --class',
      prompt === undefined ? 'neither' : 'both',
      'Give one prompt for a mask, or a class for each part of a label map.',
    );
  if (prompt !== undefined) {
    if (prompt.trim() === '')
      throw new UsageError('--prompt', 'a prompt of one word or more', `'${prompt}'`, 'Say what to segment.');
    return undefined;
  }
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

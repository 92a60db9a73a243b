// Whether a model was trained on the words of a prompt.
import { CheckpointError } from './errors.ts';
import type { ModelInfo } from './pretrained/load.ts';

/** Metadata of a checkpoint: a JSON list of the nouns that its training prompts used for the foreground, in the singular. */
const KEY = 'knownWords';

/**
 * The nouns that the prompts of a model's training used for the foreground, such as `polyp`; `undefined` if its file does not list them.
 *
 * @throws {CheckpointError} if the list cannot be read
 */
export function knownWords({ path, metadata }: Pick<ModelInfo, 'path' | 'metadata'>): readonly string[] | undefined {
  const text = metadata[KEY];
  if (text === undefined) return undefined;
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string' && word !== ''))
      return words;
  } catch {}
  throw new CheckpointError(path, `a JSON list of words in its metadata '${KEY}'`, text, 'Write the file again.');
}

const escaped = (word: string): string => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Matches a noun in the singular or in a regular plural. */
function pattern(noun: string): string {
  const plural = noun.endsWith('y') ? `${escaped(noun.slice(0, -1))}ies` : `${escaped(noun)}(?:s|es)`;
  return `${escaped(noun)}|${plural}`;
}

/**
 * A warning if a prompt has none of the words on which the model was trained: it then segments whatever is salient. Nothing is known about models
 * whose file does not list its words, such as published ones.
 *
 * @returns the warning; `undefined` if a word is known, or the model does not list its words
 *
 * @example
 * unknownPrompt('one small polyp', model.info); // undefined
 * unknownPrompt('the liver', model.info); // "prompt: expected one of the words that this model knows (polyp, …), got 'the liver'. …"
 */
export function unknownPrompt(prompt: string, model: Pick<ModelInfo, 'path' | 'metadata'>): string | undefined {
  const words = knownWords(model);
  if (words === undefined) return undefined;
  const known = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.map(pattern).join('|')})(?![\\p{L}\\p{N}])`, 'iu');
  if (known.test(prompt)) return undefined;
  return `prompt: expected one of the words that this model knows (${words.join(', ')}), got '${prompt}'. The mask may show something else; use one of these words, or another model.`;
}

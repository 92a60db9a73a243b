// Tokenizers that a checkpoint holds as JSON. Apart from `open.ts`, so that a page that opens checkpoints does not download the reader of
// published files.
import { TokenizerFileError } from '../errors.ts';
import { clipTokenizer } from './clip-bpe.ts';
import type { Tokenizer, TokenizerJson } from './tokenizer.ts';
import { wordPieceTokenizer } from './word-piece.ts';
import { wordTokenizer } from './words.ts';

const isStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/**
 * Recreates a tokenizer from the result of its `toJson`.
 *
 * @throws TokenizerFileError for other JSON
 */
export function tokenizerOf(json: TokenizerJson): Tokenizer {
  const record: Record<string, unknown> = typeof json === 'object' && json !== null ? json : {};
  const list = { clip: 'merges', 'word-piece': 'pieces', words: 'words' }[String(record.kind)];
  if (list === undefined)
    throw new TokenizerFileError("kind 'clip', 'word-piece' or 'words'", `'${String(record.kind).slice(0, 40)}'`);
  if (!isStrings(record[list])) throw new TokenizerFileError(`a list of strings '${list}'`, 'other JSON');
  if (json.kind === 'clip') return clipTokenizer(json);
  if (json.kind === 'word-piece') return wordPieceTokenizer(json);
  return wordTokenizer(json);
}

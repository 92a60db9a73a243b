// Prompts as token ids.

export { isClipEncodersError, PromptTooLongError, TokenizerFileError, VocabularyError } from '../errors.ts';
export { clipTokenizer, mergesOf } from './clip-bpe.ts';
export { type OpenTokenizerOptions, openTokenizer } from './open.ts';
export { tokenizerOf } from './stored.ts';
export type { Tokenizer, TokenizerJson } from './tokenizer.ts';
export { piecesOf, wordPieceTokenizer } from './word-piece.ts';
export { vocabularyOf, wordTokenizer } from './words.ts';

// Sentences as token ids.
export { clipTokenizer } from './clip-bpe.ts';
export { SentenceTooLongError, VocabularyError } from './errors.ts';
export type { Tokenizer, TokenizerJson } from './tokenizer.ts';
export { wordPieceTokenizer } from './word-piece.ts';
export { vocabularyOf, wordTokenizer } from './words.ts';

// The errors of the tokenizers.

/** A prompt with more tokens than the text tower reads. */
export class PromptTooLongError extends Error {
  override readonly name = 'PromptTooLongError';
  readonly tag = 'clip-encoders/prompt-too-long';
  constructor(
    readonly prompt: string,
    readonly tokens: number,
    readonly limit: number,
  ) {
    super(`prompt '${prompt.slice(0, 40)}…': expected at most ${limit} tokens, got ${tokens}. Shorten it.`);
  }
}

/** A vocabulary that lacks a token every prompt needs. */
export class VocabularyError extends Error {
  override readonly name = 'VocabularyError';
  readonly tag = 'clip-encoders/vocabulary';
  constructor(readonly token: string) {
    super(`vocabulary: expected a line '${token}', got none. Give the vocab.txt that belongs to the weights.`);
  }
}

/** A file that is no tokenizer we know. */
export class TokenizerFileError extends Error {
  override readonly name = 'TokenizerFileError';
  readonly tag = 'clip-encoders/tokenizer-file';
  constructor(expected: string, got: string, options?: ErrorOptions) {
    super(
      `tokenizer file: expected ${expected}, got ${got}. Give the tokenizer.json, vocab.txt or merges file that belongs to the weights.`,
      options,
    );
  }
}

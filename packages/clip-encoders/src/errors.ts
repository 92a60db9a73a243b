// The errors of this package. `tag` names the kind and survives duplicate installs.

/** Base class of every error thrown by `@medclipseg/clip-encoders`. */
export class ClipEncodersError extends Error {
  override readonly name: string = 'ClipEncodersError';
  constructor(
    readonly tag: `clip-encoders/${string}`,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A weight file without a pair of encoders of a family that we know. */
export class UnknownWeightsError extends ClipEncodersError {
  override readonly name = 'UnknownWeightsError';
  constructor(expected: string, got: string) {
    super(
      'clip-encoders/unknown-weights',
      `weights: expected ${expected}, got ${got}. Give the weights of UniMed-CLIP, BiomedCLIP, CLIP or PubMedCLIP, or a checkpoint of MedCLIPSeg.`,
    );
  }
}

/** An argument with a wrong shape, type or value. */
export class InputError extends ClipEncodersError {
  override readonly name = 'InputError';
  constructor(
    readonly subject: string,
    expected: string,
    got: string,
    remedy: string,
  ) {
    super('clip-encoders/input', `${subject}: expected ${expected}, got ${got}. ${remedy}`);
  }
}

/** A prompt with more tokens than the text encoder takes. */
export class PromptTooLongError extends ClipEncodersError {
  override readonly name = 'PromptTooLongError';
  constructor(
    readonly prompt: string,
    readonly tokens: number,
    readonly limit: number,
  ) {
    const shown = prompt.length > 40 ? `${prompt.slice(0, 40)}…` : prompt;
    super(
      'clip-encoders/prompt-too-long',
      `prompt '${shown}': expected at most ${limit} tokens, got ${tokens}. Shorten it.`,
    );
  }
}

/** A vocabulary that does not belong to the weights, or lacks a token that every prompt needs. */
export class VocabularyError extends ClipEncodersError {
  override readonly name = 'VocabularyError';
  constructor(expected: string, got: string, remedy: string) {
    super('clip-encoders/vocabulary', `vocabulary: expected ${expected}, got ${got}. ${remedy}`);
  }
}

/** A file that is not a tokenizer in a format we know. */
export class TokenizerFileError extends ClipEncodersError {
  override readonly name = 'TokenizerFileError';
  constructor(expected: string, got: string, options?: ErrorOptions) {
    super(
      'clip-encoders/tokenizer-file',
      `tokenizer file: expected ${expected}, got ${got}. Give the tokenizer.json, vocab.txt or merges file that belongs to the weights.`,
      options,
    );
  }
}

/**
 * Whether `error` was thrown by this package, optionally of one kind. Unlike `instanceof`, this works across duplicate installs.
 *
 * @example
 * ```ts
 * try {
 *   await openTokenizer(new TextEncoder().encode('one\ntwo'));
 * } catch (error) {
 *   console.log(isClipEncodersError(error, 'clip-encoders/tokenizer-file')); // true
 * }
 * ```
 */
export function isClipEncodersError(error: unknown, tag?: `clip-encoders/${string}`): error is ClipEncodersError {
  if (!(error instanceof Error) || !('tag' in error) || typeof error.tag !== 'string') return false;
  return tag === undefined ? error.tag.startsWith('clip-encoders/') : error.tag === tag;
}

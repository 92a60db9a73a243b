// The errors of this package; `tag` names the kind and survives duplicate installs.

/** Base of every error thrown by `medclipseg`. */
export class ModelError extends Error {
  override readonly name: string = 'ModelError';
  constructor(
    readonly tag: `medclipseg/${string}`,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A loss that is no number any more; the last checkpoint is intact. */
export class DivergedError extends ModelError {
  override readonly name = 'DivergedError';
  constructor(
    readonly epoch: number,
    readonly step: number,
    readonly images: readonly string[],
  ) {
    super(
      'medclipseg/diverged',
      `training, epoch ${epoch + 1}, step ${step + 1}: expected a finite loss, got NaN on ${images.join(', ')}. Check these images and lower the learning rate; the last checkpoint is intact.`,
    );
  }
}

/** A checkpoint that cannot be used. */
export class CheckpointError extends ModelError {
  override readonly name = 'CheckpointError';
  constructor(
    readonly path: string,
    expected: string,
    actual: string,
    remedy: string,
    options?: ErrorOptions,
  ) {
    super('medclipseg/checkpoint', `${path}: expected ${expected}, got ${actual}. ${remedy}`, options);
  }
}

/** Weights without the tokenizer that belongs to them. */
export class TokenizerError extends ModelError {
  override readonly name = 'TokenizerError';
  constructor(
    readonly path: string,
    expected: string,
    actual: string,
    remedy: string,
  ) {
    super('medclipseg/tokenizer', `${path}: expected ${expected}, got ${actual}. ${remedy}`);
  }
}

// The errors of this package. `tag` names the kind; unlike a class, it survives duplicate installs.

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

/** An argument of a public function that cannot be used. */
export class ArgumentError extends ModelError {
  override readonly name = 'ArgumentError';
  constructor(
    readonly subject: string,
    expected: string,
    actual: string,
    remedy: string,
  ) {
    super('medclipseg/argument', `${subject}: expected ${expected}, got ${actual}. ${remedy}`);
  }
}

/** A device that cannot be used here. */
export class DeviceError extends ModelError {
  override readonly name = 'DeviceError';
  constructor(
    readonly device: string,
    expected: string,
    actual: string,
    remedy: string,
    options?: ErrorOptions,
  ) {
    super('medclipseg/device', `device '${device}': expected ${expected}, got ${actual}. ${remedy}`, options);
  }
}

/** A loss that is not finite; the last checkpoint is intact. */
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

/** A tokenizer that is missing or does not match the weights. */
export class TokenizerError extends ModelError {
  override readonly name = 'TokenizerError';
  constructor(
    readonly path: string,
    expected: string,
    actual: string,
    remedy: string,
    options?: ErrorOptions,
  ) {
    super('medclipseg/tokenizer', `${path}: expected ${expected}, got ${actual}. ${remedy}`, options);
  }
}

/** An export that cannot be written. */
export class ExportError extends ModelError {
  override readonly name = 'ExportError';
  constructor(
    readonly path: string,
    expected: string,
    actual: string,
    remedy: string,
    options?: ErrorOptions,
  ) {
    super('medclipseg/export', `${path}: expected ${expected}, got ${actual}. ${remedy}`, options);
  }
}

/** Folder of a training that another process uses. */
export class LockedError extends ModelError {
  override readonly name = 'LockedError';
  constructor(
    readonly path: string,
    readonly holder: { readonly process: number; readonly host: string },
    remedy: string,
  ) {
    super(
      'medclipseg/locked',
      `${path}: expected no other training in this folder, got process ${holder.process} on ${holder.host}. ${remedy}`,
    );
  }
}

/** Whether an error comes from this package, and is of the given kind if one is named. */
export const isModelError = (error: unknown, tag?: ModelError['tag']): error is ModelError => {
  const found = error instanceof Error ? (error as Partial<ModelError>).tag : undefined;
  return typeof found === 'string' && (tag === undefined ? found.startsWith('medclipseg/') : found === tag);
};

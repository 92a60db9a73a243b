// The errors of this package; `tag` names the kind and survives duplicate installs.

/** Base of every error thrown by `@medclipseg/datasets`. */
export class DatasetError extends Error {
  override readonly name: string = 'DatasetError';
  constructor(
    readonly tag: `datasets/${string}`,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A file that should be an image and is not, or not a whole one. */
export class ImageError extends DatasetError {
  override readonly name = 'ImageError';
  constructor(
    readonly file: string,
    expected: string,
    actual: string,
    options?: ErrorOptions,
  ) {
    super('datasets/image', `${file}: expected ${expected}, got ${actual}. Check or replace the file.`, options);
  }
}

/** A sheet, folder or file of a dataset that is missing or not as it should be. */
export class LayoutError extends DatasetError {
  override readonly name = 'LayoutError';
  constructor(
    readonly path: string,
    expected: string,
    actual: string,
    remedy: string,
  ) {
    super('datasets/layout', `${path}: expected ${expected}, got ${actual}. ${remedy}`);
  }
}

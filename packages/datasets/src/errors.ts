// The errors of this package. `tag` names the kind and survives duplicate installs.

/** Base class of every error thrown by `@medclipseg/datasets`. */
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

/** An image file that is damaged, incomplete, unsupported or of another kind. */
export class ImageError extends DatasetError {
  override readonly name = 'ImageError';
  /** Windows to choose from by name, if the file was refused because it needs one. */
  readonly windows?: Readonly<Record<string, { readonly center: number; readonly width: number }>>;

  constructor(
    readonly file: string,
    expected: string,
    actual: string,
    {
      remedy = 'Check or replace the file.',
      windows,
      ...options
    }: ErrorOptions & { readonly remedy?: string; readonly windows?: ImageError['windows'] } = {},
  ) {
    super('datasets/image', `${file}: expected ${expected}, got ${actual}. ${remedy}`, options);
    this.windows = windows;
  }
}

/** A sheet, folder or file of a dataset that is missing or not as expected. */
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

/** An argument of a public function that is out of range or of the wrong kind. */
export class ArgumentError extends DatasetError {
  override readonly name = 'ArgumentError';
  constructor(argument: string, expected: string, actual: string, remedy: string) {
    super('datasets/argument', `${argument}: expected ${expected}, got ${actual}. ${remedy}`);
  }
}

/** What was found where a file or folder should be: `none`, or why the system refuses to open it, such as `EACCES: permission denied`. */
export function foundInstead(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return code === undefined || code === 'ENOENT' ? 'none' : `'${message}'`;
}

/**
 * Whether a value is an error of this package, also when it comes from another installed copy.
 *
 * @param tag the kind, such as `'datasets/image'`; any kind if omitted
 *
 * @example
 * ```ts
 * try {
 *   await readImage('scan.tif');
 * } catch (error) {
 *   if (isDatasetError(error, 'datasets/image')) console.log(error.message);
 *   else throw error;
 * }
 * // scan.tif: expected an image file, got none. Check or replace the file.
 * ```
 */
export function isDatasetError(error: unknown, tag?: `datasets/${string}`): error is DatasetError {
  if (!(error instanceof Error) || !('tag' in error) || typeof error.tag !== 'string') return false;
  return tag === undefined ? error.tag.startsWith('datasets/') : error.tag === tag;
}

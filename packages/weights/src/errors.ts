// The errors of this package. `tag` names the kind and survives duplicate installs.

/** Text of unknown origin, safe to print: control characters, which could drive a terminal or reverse the reading direction, are escaped. */
export const escapeControlCharacters = (text: string): string =>
  text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Text of unknown origin may also be megabytes long. */
export const brief = (text: string): string =>
  escapeControlCharacters(text.length > 300 ? `${text.slice(0, 300)}…` : text);

/** A value of the wrong type as an error message shows it. */
export const shown = (value: unknown): string =>
  typeof value === 'string' ? `'${brief(value)}'` : value === undefined ? 'nothing' : `a value of type ${typeof value}`;

/**
 * The kinds of errors: a damaged or unknown format, a forbidden reference in a pickle, keys or shapes that do not match, a model
 * with missing parts, a file that cannot be read or written, an HTTP status, a failed connection, a malformed address, and a name that the hub does
 * not have.
 */
export type WeightsErrorTag = `weights/${
  | 'format'
  | 'forbidden-pickle'
  | 'keys'
  | 'parts'
  | 'missing'
  | 'write'
  | 'http'
  | 'network'
  | 'address'
  | 'hub'}`;

/** Base class of every error thrown by `@medclipseg/weights`. */
export class WeightsError extends Error {
  override readonly name: string = 'WeightsError';
  constructor(
    readonly tag: WeightsErrorTag,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Whether `error` was thrown by this package, optionally of one kind. Unlike `instanceof`, this works across duplicate installs.
 *
 * @example
 * try {
 *   await openTensorFile('model.pth');
 * } catch (error) {
 *   if (isWeightsError(error, 'weights/missing')) console.log(error.message);
 *   // model.pth: expected a weight file, got none. Check the path.
 * }
 */
export function isWeightsError(error: unknown, tag?: WeightsErrorTag): error is WeightsError {
  const actual = error instanceof Error ? (error as Partial<WeightsError>).tag : undefined;
  return typeof actual === 'string' && (tag === undefined ? actual.startsWith('weights/') : actual === tag);
}

/** A file does not follow its format. */
export class FormatError extends WeightsError {
  override readonly name = 'FormatError';
  constructor(
    readonly file: string,
    expected: string,
    actual: string,
    { remedy = 'Fetch or save the file again.', ...options }: ErrorOptions & { readonly remedy?: string } = {},
  ) {
    super('weights/format', `${brief(file)}: expected ${brief(expected)}, got ${brief(actual)}. ${remedy}`, options);
  }
}

/** A pickle refers to something outside the closed list of what tensors and plain values need. Nothing of it was executed. */
export class ForbiddenPickleError extends WeightsError {
  override readonly name = 'ForbiddenPickleError';
  constructor(
    readonly file: string,
    /** Such as `a reference to os.system`. */
    readonly request: string,
  ) {
    super(
      'weights/forbidden-pickle',
      `${brief(file)}: expected only tensors and plain values, got ${brief(request)}, which was not executed. If you trust the file's author, save only the state dict in Python: torch.save(model.state_dict(), path). Otherwise ask for a safetensors file.`,
    );
  }
}

/** Keys or shapes in a file do not match those of the model. */
export class KeyMismatchError extends WeightsError {
  /** Number of lines of each kind in the message. */
  static readonly SHOWN = 12;
  override readonly name = 'KeyMismatchError';
  constructor(
    readonly missing: readonly string[],
    readonly unexpected: readonly string[],
    readonly misshapen: readonly string[],
  ) {
    const list = (title: string, lines: readonly string[]) => {
      const shown = lines.slice(0, KeyMismatchError.SHOWN).map(brief);
      const rest = lines.length - shown.length;
      return lines.length === 0
        ? ''
        : `\n${title}:\n  ${shown.join('\n  ')}${rest > 0 ? `\n  … and ${rest} more` : ''}`;
    };
    super(
      'weights/keys',
      `weights: expected the tensors of this model, got ${missing.length} missing, ${unexpected.length} unexpected, ${misshapen.length} of another shape.${list('missing', missing)}${list('unexpected', unexpected)}${list('of another shape', misshapen)}\nLoad a file of the same architecture.`,
    );
  }
}

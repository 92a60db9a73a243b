// The errors of this package; `tag` names the kind and survives duplicate installs.

/**
 * Text from a file that nobody vouches for, fit to be shown: control characters, which would drive a terminal or turn the
 * direction of reading, are spelt out.
 */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** What a file says of itself may also be megabytes long. */
const brief = (text: string): string => printable(text.length > 300 ? `${text.slice(0, 300)}…` : text);

/** Base of every error thrown by `@medclipseg/weights`. */
export class WeightsError extends Error {
  override readonly name: string = 'WeightsError';
  constructor(
    readonly tag: `weights/${string}`,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
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

/** A pickle refers to something outside the closed list of harmless names. Nothing of it was executed. */
export class ForbiddenPickleError extends WeightsError {
  override readonly name = 'ForbiddenPickleError';
  constructor(
    readonly file: string,
    /** The class, function or opcode. */
    readonly request: string,
  ) {
    super(
      'weights/forbidden-pickle',
      `${brief(file)}: expected only tensors and plain values, got ${brief(request)}, which was not executed. If you trust the file's author, save only the state dict in Python: torch.save(model.state_dict(), path). Otherwise ask for a safetensors file.`,
    );
  }
}

/** Names or shapes in a file do not match those of the model. */
export class KeyMismatchError extends WeightsError {
  override readonly name = 'KeyMismatchError';
  constructor(
    readonly missing: readonly string[],
    readonly unexpected: readonly string[],
    readonly misshapen: readonly string[],
  ) {
    const list = (title: string, lines: readonly string[]) =>
      lines.length === 0
        ? ''
        : `\n${title}:\n  ${lines.slice(0, 12).map(brief).join('\n  ')}${lines.length > 12 ? `\n  … and ${lines.length - 12} more` : ''}`;
    super(
      'weights/keys',
      `weights: expected the tensors of this model, got ${missing.length} missing, ${unexpected.length} unexpected, ${misshapen.length} of another shape.${list('missing', missing)}${list('unexpected', unexpected)}${list('of another shape', misshapen)}\nLoad a file of the same architecture.`,
    );
  }
}

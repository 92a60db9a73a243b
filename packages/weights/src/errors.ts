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

/** A file that is not what its format promises. */
export class FormatError extends WeightsError {
  override readonly name = 'FormatError';
  constructor(
    readonly file: string,
    expected: string,
    actual: string,
    options?: ErrorOptions,
  ) {
    super(
      'weights/format',
      `${brief(file)}: expected ${brief(expected)}, got ${brief(actual)}. Fetch or save the file again.`,
      options,
    );
  }
}

/** A pickle that asks for something outside the closed list of what tensors need. Nothing of it was executed. */
export class ForbiddenPickleError extends WeightsError {
  override readonly name = 'ForbiddenPickleError';
  constructor(readonly request: string) {
    super(
      'weights/forbidden-pickle',
      `PyTorch file: expected only tensors and plain values, got a request for ${brief(request)}. Do not trust this file; ask its author for safetensors.`,
    );
  }
}

/** Names or shapes in a file that do not fit the model. */
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

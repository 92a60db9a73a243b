// The errors of this package; `tag` names the kind and survives duplicate installs.

/** Base of every error thrown by `@medclipseg/nn`. */
export class NnError extends Error {
  override readonly name: string = 'NnError';
  constructor(
    readonly tag: `nn/${string}`,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A tensor, option or parameter has another shape than the operation needs. */
export class ShapeError extends NnError {
  override readonly name = 'ShapeError';
  constructor(
    readonly subject: string,
    readonly expected: string,
    readonly actual: string,
  ) {
    super('nn/shape', `${subject}: expected ${expected}, got ${actual}. Check the shapes that reach it.`);
  }
}

/** Parameters that do not fit the structure they are loaded into. */
export class ParameterError extends NnError {
  override readonly name = 'ParameterError';
  constructor(message: string) {
    super('nn/parameters', message);
  }
}

// The errors of this package; `tag` names the kind and survives duplicate installs.

/** Base of every error thrown by `@medclipseg/onnx`. */
export class OnnxError extends Error {
  override readonly name: string = 'OnnxError';
  constructor(
    readonly tag: `onnx/${'trace' | 'encode' | 'runtime-missing' | 'runtime-broken' | 'session' | 'input' | 'arguments'}`,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A function does something that a graph cannot hold. */
export class TraceError extends OnnxError {
  override readonly name = 'TraceError';
  constructor(
    /** The TensorFlow.js kernel or operation. */
    readonly operation: string,
    /** Where the traced function called it, such as `model.ts:12:5`; empty if unknown. */
    readonly place: string,
    expected: string,
    actual: string,
    remedy: string,
  ) {
    super(
      'onnx/trace',
      `trace: ${operation}${place && ` at ${place}`}: expected ${expected}, got ${actual}. ${remedy}`,
    );
  }
}

/** A session cannot be created from a model, or its run failed. */
export class SessionError extends OnnxError {
  override readonly name = 'SessionError';
  constructor(message: string, options?: ErrorOptions) {
    super('onnx/session', message, options);
  }
}

/** Values passed to a session do not fit its inputs. */
export class InputError extends OnnxError {
  override readonly name = 'InputError';
  constructor(
    readonly input: string,
    expected: string,
    actual: string,
  ) {
    super('onnx/input', `input '${input}': expected ${expected}, got ${actual}. Pass what session.inputs describes.`);
  }
}

/** True for errors of this package, also for those of another copy of it. @param tag only this kind */
export const isOnnxError = (error: unknown, tag?: OnnxError['tag']): error is OnnxError => {
  const found = error instanceof Error ? (error as Partial<OnnxError>).tag : undefined;
  return tag === undefined ? typeof found === 'string' && found.startsWith('onnx/') : found === tag;
};

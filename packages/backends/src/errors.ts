// The errors of this package; `tag` names the kind and survives duplicate installs.

/** Base of every error thrown by `@medclipseg/backends`. */
export class BackendError extends Error {
  override readonly name: string = 'BackendError';
  constructor(
    readonly tag: `backends/${string}`,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** True for errors of this package, and of kind `tag` where one is given. */
export const isBackendError = (error: unknown, tag?: BackendError['tag']): error is BackendError =>
  error instanceof Error &&
  'tag' in error &&
  (tag === undefined ? String(error.tag).startsWith('backends/') : error.tag === tag);

const messageOf = (cause: unknown): string =>
  typeof cause === 'object' && cause !== null && 'message' in cause ? String(cause.message) : String(cause);

/** Why a backend is missing: not installed or not known to the runtime, no graphics adapter, one without a GPU, or no GPU for TensorFlow. */
type MissingTag = 'backends/missing' | 'backends/no-adapter' | 'backends/software-gpu' | 'backends/no-gpu';

/** A backend that is not installed, or that finds no device. */
export class BackendMissingError extends BackendError {
  override readonly name = 'BackendMissingError';
  constructor(
    tag: MissingTag,
    readonly backend: string,
    expected: string,
    actual: string,
    remedy: string,
    options?: ErrorOptions,
  ) {
    super(tag, `backend '${backend}': expected ${expected}, got ${actual}. ${remedy}`, options);
  }
}

/** A backend that is installed but does not start; `cause` says why. */
export class BackendBrokenError extends BackendError {
  override readonly name = 'BackendBrokenError';
  constructor(
    readonly backend: string,
    remedy: string,
    options: { readonly cause: unknown },
  ) {
    super(
      'backends/broken',
      `backend '${backend}': expected it to start, got '${messageOf(options.cause)}'. ${remedy}`,
      options,
    );
  }
}

/** The device has no memory for a tensor. */
export class OutOfMemoryError extends BackendError {
  override readonly name = 'OutOfMemoryError';
  constructor(
    memory: 'wasm' | 'TensorFlow',
    /** Bytes of the tensor, where they are known. */
    readonly bytes: number | undefined,
    options?: ErrorOptions,
  ) {
    super(
      'backends/out-of-memory',
      `${memory} memory: expected room for ${bytes === undefined ? 'a tensor' : `${bytes} bytes`}, got none${memory === 'wasm' ? ' of its 4 GiB' : ''}. Use smaller batches or fewer samples at a time.`,
      options,
    );
  }
}

/** The GPU rejected an operation or was lost; results computed since then are not valid. */
export class GpuError extends BackendError {
  override readonly name = 'GpuError';
  constructor(tag: 'backends/gpu-error' | 'backends/gpu-lost', reason: string) {
    super(tag, `WebGPU device: expected it to compute, got '${reason}'. Select the backend again for a fresh device.`);
  }
}

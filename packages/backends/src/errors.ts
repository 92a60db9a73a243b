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

/** A backend that is not installed or has no device here. */
export class BackendMissingError extends BackendError {
  override readonly name = 'BackendMissingError';
  constructor(
    readonly backend: string,
    reason: string,
    remedy: string,
    options?: ErrorOptions,
  ) {
    super('backends/missing', `backend '${backend}': expected it to be here, got ${reason}. ${remedy}`, options);
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
    const reason = options.cause instanceof Error ? options.cause.message : String(options.cause);
    super('backends/broken', `backend '${backend}': expected it to start, got '${reason}'. ${remedy}`, options);
  }
}

/** The device has no memory for a tensor. */
export class OutOfMemoryError extends BackendError {
  override readonly name = 'OutOfMemoryError';
  constructor(readonly bytes: number) {
    super(
      'backends/out-of-memory',
      `wasm memory: expected room for ${bytes} bytes, got none of its 4 GiB. Use smaller batches or fewer samples at a time.`,
    );
  }
}

/** The GPU refused an operation or went away; what it computed since is not to be trusted. */
export class GpuError extends BackendError {
  override readonly name = 'GpuError';
  constructor(tag: 'backends/gpu-error' | 'backends/gpu-lost', reason: string) {
    super(tag, `WebGPU device: expected it to compute, got '${reason}'. Select the backend again for a fresh device.`);
  }
}

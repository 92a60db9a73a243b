// What can go wrong with a backend.
import { NnError } from '../errors.ts';

/** A backend that is not installed or has no device here. */
export class BackendMissingError extends NnError {
  override readonly name = 'BackendMissingError';
  constructor(
    readonly backend: string,
    reason: string,
    remedy: string,
    options?: ErrorOptions,
  ) {
    super('nn/backend-missing', `backend '${backend}': expected it to be here, got ${reason}. ${remedy}`, options);
  }
}

/** A backend that is installed but does not start; `cause` says why. */
export class BackendBrokenError extends NnError {
  override readonly name = 'BackendBrokenError';
  constructor(
    readonly backend: string,
    remedy: string,
    options: { readonly cause: unknown },
  ) {
    const reason = options.cause instanceof Error ? options.cause.message : String(options.cause);
    super('nn/backend-broken', `backend '${backend}': expected it to start, got '${reason}'. ${remedy}`, options);
  }
}

/** The device has no memory for a tensor. */
export class OutOfMemoryError extends NnError {
  override readonly name = 'OutOfMemoryError';
  constructor(readonly bytes: number) {
    super(
      'nn/out-of-memory',
      `wasm memory: expected room for ${bytes} bytes, got none of its 4 GiB. Use smaller batches or fewer samples at a time.`,
    );
  }
}

/** The GPU refused an operation or went away; what it computed since is not to be trusted. */
export class GpuError extends NnError {
  override readonly name = 'GpuError';
  constructor(tag: 'nn/gpu-error' | 'nn/gpu-lost', reason: string) {
    super(tag, `WebGPU device: expected it to compute, got '${reason}'. Select the backend again for a fresh device.`);
  }
}

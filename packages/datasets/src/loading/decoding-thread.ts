// Decodes images on a thread of its own, for programs whose event loop must stay free.
import type { DecodeOptions } from '../images/decoder.ts';
import type { RasterImage } from '../images/raster.ts';
import { WorkerPool } from './worker-pool.ts';

/** Decodes images one after the other on a thread that starts with the first one. Owns the thread: dispose it. */
export class DecodingThread {
  readonly #pool = new WorkerPool(1);

  /**
   * As {@link decodeImage}, with the same pixels, warnings and errors. An aborted `signal` rejects with its reason at once; the thread first
   * finishes what it has begun, and skips what waits.
   *
   * @throws {DatasetError} `datasets/worker` if the thread ends, such as for lack of memory; the next image starts another
   */
  async decode(
    bytes: Uint8Array,
    { signal, onWarning, onWindow, ...options }: DecodeOptions & { readonly signal?: AbortSignal } = {},
  ): Promise<RasterImage> {
    signal?.throwIfAborted();
    let abort = () => {};
    const aborted = new Promise<never>((_, reject) => {
      abort = () => reject(signal?.reason);
    });
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const decoded = this.#pool.run('decode', { bytes, options }, signal);
      const { image, warnings, window } = await Promise.race([decoded, aborted]);
      for (const warning of warnings) onWarning?.(warning);
      if (window) onWindow?.(window);
      return image;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Ends the thread; images that wait are rejected. */
  dispose(): Promise<void> {
    return this.#pool.dispose();
  }
}

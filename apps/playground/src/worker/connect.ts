// The page's connections to its two workers. Every call settles, even when its worker is closed or cannot start.
import { type Remote, wrap } from 'comlink';
import { PlaygroundError } from './errors.ts';
import type { EngineApi, ImagesApi } from './protocol.ts';

export interface Connection<Api> {
  readonly api: Remote<Api>;
  /** Ends the worker and frees its memory. Calls in progress are rejected with the tag `playground/worker-ended`. */
  readonly close: () => void;
}

/** What a connection needs of a worker. */
type Port = Pick<Worker, 'addEventListener' | 'postMessage' | 'removeEventListener' | 'terminate'>;

/** @param name for error messages */
export function connect<Api>(worker: Port, name: string): Connection<Api> {
  const remote = wrap<Api>(worker as Worker) as Record<string | symbol, (...parameters: unknown[]) => Promise<unknown>>;
  const inProgress = new Set<(error: PlaygroundError) => void>();
  let end: PlaygroundError | undefined;

  const endWith = (error: PlaygroundError) => {
    end ??= error;
    worker.terminate();
    for (const reject of inProgress) reject(end);
    inProgress.clear();
  };
  // An uncaught exception in a running worker is an ErrorEvent; a script that cannot be loaded gives a plain Event.
  worker.addEventListener('error', (event) => {
    if (!('message' in event))
      endWith(
        new PlaygroundError(
          'playground/worker-failed',
          `${name} worker: expected its script to load, but it failed. Reload the page.`,
        ),
      );
  });

  const call = (method: string, parameters: readonly unknown[]) =>
    new Promise((resolve, reject) => {
      if (end) return reject(end);
      inProgress.add(reject);
      (remote[method] as (typeof remote)[string])(...parameters)
        .then(resolve, reject)
        .finally(() => inProgress.delete(reject));
    });
  // Without a `then`, so that the object can be returned from async functions.
  const api = new Proxy(remote, {
    get: (_, method) =>
      method === 'then' ? undefined : (...parameters: unknown[]) => call(String(method), parameters),
  });
  return {
    api: api as unknown as Remote<Api>,
    close: () =>
      endWith(
        new PlaygroundError(
          'playground/worker-ended',
          `${name} worker: expected it to finish its work, but it was closed. Start the work again.`,
        ),
      ),
  };
}

export const connectEngine = (): Connection<EngineApi> =>
  connect(new Worker(new URL('./engine.worker.ts', import.meta.url), { type: 'module', name: 'engine' }), 'engine');

export const connectImages = (): Connection<ImagesApi> =>
  connect(new Worker(new URL('./images.worker.ts', import.meta.url), { type: 'module', name: 'images' }), 'image');

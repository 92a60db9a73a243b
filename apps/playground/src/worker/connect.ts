// The page's ends of the two workers.
import { type Remote, wrap } from 'comlink';
import type { EngineApi, PicturesApi } from './protocol.ts';

export interface Connection<Api> {
  readonly api: Remote<Api>;
  /** Ends the worker and gives back all its memory. */
  readonly close: () => void;
}

const connected = <Api>(worker: Worker): Connection<Api> => ({
  api: wrap<Api>(worker),
  close: () => worker.terminate(),
});

export const connectEngine = (): Connection<EngineApi> =>
  connected(new Worker(new URL('./engine.worker.ts', import.meta.url), { type: 'module', name: 'engine' }));

export const connectPictures = (): Connection<PicturesApi> =>
  connected(new Worker(new URL('./pictures.worker.ts', import.meta.url), { type: 'module', name: 'pictures' }));

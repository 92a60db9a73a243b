// Where a file was found: on a disk, on a server, or on the model hub.
import { type ByteSource, blobSource, HttpError, type Progress, type TensorValue, urlBlob } from '@medclipseg/weights';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine, EngineOptions } from '../engine/engine.ts';
import type { Network } from '../network.ts';
import type { TrainingEngine, TrainingEngineOptions } from '../training/engine.ts';

export interface Place {
  /** For messages; identifies the file. */
  readonly name: string;
  /** Name by which the file can be found again, also from another folder; bytes in memory have none. */
  readonly origin?: string;
  readonly source: ByteSource;
  /** Reads another file of the same folder, such as a tokenizer; nothing if there is none. */
  readSibling(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

export interface PlaceOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Branch, tag or commit of a repository on the model hub; `main` by default. */
  readonly revision?: string;
  /** Uses only files of the model hub that are in the cache. */
  readonly localFilesOnly?: boolean;
  /** Folder of the model hub's cache, in Node; by default the one that Python's tools share. A browser keeps its own. */
  readonly cacheDir?: string;
}

/** The path of another file in the same folder. */
export const siblingOf = (path: string, name: string): string => path.slice(0, path.lastIndexOf('/') + 1) + name;

/** Weights for the engine of ONNX Runtime, which are outside of TensorFlow.js. */
export interface EngineWeights {
  /** Stores a tensor; the result has no values in memory. */
  put(value: TensorValue): Tensor;
  close(): void;
}

export interface OnnxRuntime {
  createWeights(): EngineWeights;
  /** @param weights hold the tensors of the network; the engine takes them over */
  createEngine(network: Network, weights: EngineWeights, options: EngineOptions): Engine;
  createTrainingEngine(network: Network, training: TrainingEngineOptions, options: EngineOptions): TrainingEngine;
}

/** What depends on the runtime; `#platform` in package.json chooses an implementation. */
export interface Platform {
  /** Opens a file or folder by a name that is not an address; nothing if there is none. */
  openLocal(name: string | URL, options: PlaceOptions): Promise<Place | undefined>;
  /** Opens a file of the model hub, from the cache or by downloading it. @param paths all files of the repository */
  openHubFile(repo: string, path: string, paths: readonly string[], options: PlaceOptions): Promise<Place>;
  /** Paths of the files in a repository of the model hub. */
  listHub(repo: string, options: PlaceOptions): Promise<readonly string[]>;
  /** ONNX Runtime. Rejects where it cannot be used, saying why. */
  loadOnnx(): Promise<OnnxRuntime>;
}

const isWeb = ({ protocol }: URL): boolean => /^https?:$/.test(protocol);

/** Downloads a file from an address. */
export async function openAddress(url: URL, { signal, onProgress }: PlaceOptions): Promise<Place> {
  const file = url.pathname.slice(url.pathname.lastIndexOf('/') + 1) || url.href;
  const blob = await urlBlob(url, {
    signal,
    onProgress: onProgress && ((progress) => onProgress({ ...progress, file })),
  });
  // Without the query: addresses of storage servers carry signatures.
  const name = url.protocol === 'data:' ? 'data:' : url.href.replace(/[?#].*$/s, '');
  return {
    name,
    ...(isWeb(url) && { origin: name }),
    source: blobSource(blob, name),
    async readSibling(other) {
      if (!isWeb(url)) return undefined;
      const found = await urlBlob(new URL(other, url), { signal }).catch((error) => {
        if (error instanceof HttpError && error.status < 500) return undefined;
        throw error;
      });
      // Servers of single-page applications answer with the page where there is no file.
      if (!found || found.type.startsWith('text/html')) return undefined;
      return new Uint8Array(await found.arrayBuffer());
    },
  };
}

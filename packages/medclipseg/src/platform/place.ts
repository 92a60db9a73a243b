// Where a file was found, on a disk or elsewhere.
import type { ByteSource } from '@medclipseg/weights';

export interface Place {
  /** For messages, and to know the file again. */
  readonly name: string;
  /** By what the file is found again, from another folder too; bytes in memory are not. */
  readonly origin?: string;
  readonly source: ByteSource;
  /** Another file that lies beside it, such as its tokenizer; nothing if there is none. */
  beside(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

export interface LoadProgress {
  /** Bytes that have arrived, or have been read. */
  readonly loaded: number;
  /** Missing where a server does not say it. */
  readonly total?: number;
  readonly file: string;
}

export interface PlaceOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Branch, tag or commit of a repository on the model hub; `main` by default. */
  readonly revision?: string;
  /** Takes files of the model hub only from the cache. */
  readonly localFilesOnly?: boolean;
  /** The cache of the model hub, in Node; by default the one that Python's tools share. A browser keeps its own. */
  readonly cacheDir?: string;
}

/** Whether the hub was asked for what it does not have; by its tag, since classes differ between copies of a package. */
export const isHubError = (error: unknown): boolean => (error as { tag?: unknown } | null)?.tag === 'weights/hub';

/** What one runtime does in its own way; `#platform` in package.json chooses which. */
export interface Platform {
  /** A file or folder that this runtime finds by a name that is no address; nothing if there is none. */
  openLocal(name: string | URL, options: PlaceOptions): Promise<Place | undefined>;
  /** A file of the model hub, from the cache or fetched into it. */
  openHubFile(repo: string, path: string, options: PlaceOptions): Promise<Place>;
}

// What a measured process is asked, and what it answers, in lines of JSON: one request at a time, so that processes are measured alternately.

/** Milliseconds, and the peak resident memory of the process so far in bytes. */
export interface Measured {
  readonly wall: number;
  /** Of all threads of the process. */
  readonly cpu: number;
  readonly peak: number;
}

export type Request =
  /** Passes of the whole network for one image, or samples of it from a shared start, one after the other. */
  | { readonly run: 'forward' | 'sample'; readonly times: number }
  /** One image with one prompt, as `segment` computes it. */
  | { readonly run: 'image'; readonly samples: number; readonly antithetic?: boolean }
  /** A step of a training. */
  | { readonly run: 'step'; readonly batch: number };

/** How a process of ours computes. */
export interface RunnerOptions {
  /** `mini`, the path of a checkpoint or, for `int8`, the folder that `export-int8.ts` wrote. */
  readonly model: string;
  readonly device: 'wasm' | 'node' | 'onnx' | 'int8';
  readonly threads: number;
}

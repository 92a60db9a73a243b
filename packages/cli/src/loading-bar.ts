// A bar while weights are fetched or read.
import type { Progress } from '@medclipseg/weights';
import { progress } from './commands/dataset/progress.ts';

const MEBIBYTE = 2 ** 20;
/** Smaller files are here at once. */
const LARGE = 32 * MEBIBYTE;

export interface LoadingBar {
  readonly onProgress: (progress: Progress) => void;
  readonly stop: () => void;
}

/** One bar after the other, for each file of a model. */
export function loadingBar(): LoadingBar {
  let current: { readonly file: string; readonly bar: ReturnType<typeof progress> } | undefined;
  return {
    onProgress({ loaded, total = 0, file }) {
      if (total < LARGE) return;
      if (current?.file !== file) {
        current?.bar.stop();
        current = { file, bar: progress(`${file}, MiB`, Math.ceil(total / MEBIBYTE)) };
      }
      current.bar.update(Math.ceil(loaded / MEBIBYTE));
    },
    stop: () => current?.bar.stop(),
  };
}

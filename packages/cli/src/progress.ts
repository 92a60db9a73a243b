// Progress bars on standard error. Without a terminal nothing is shown.
import type { Progress } from '@medclipseg/weights';
import cliProgress from 'cli-progress';

const MEBIBYTE = 2 ** 20;

export interface ProgressBar {
  readonly update: (done: number) => void;
  /** May be called more than once. */
  readonly stop: () => void;
}

export function progressBar(label: string, total: number): ProgressBar {
  const bar = new cliProgress.SingleBar(
    { format: `${label} [{bar}] {value}/{total}  {eta_formatted} left`, hideCursor: true, noTTYOutput: false },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, 0);
  let running = true;
  return {
    update: (done) => bar.update(done),
    stop() {
      if (running) bar.stop();
      running = false;
    },
  };
}

/**
 * Shows a bar while something is done, from its first report on.
 *
 * @param unit what one step of the bar is worth, such as the bytes of a MiB
 */
export async function withProgress<T>(
  label: string,
  work: (onProgress: (done: number, total: number) => void) => Promise<T>,
  unit = 1,
): Promise<T> {
  let bar: ProgressBar | undefined;
  try {
    return await work((done, total) => {
      bar ??= progressBar(label, Math.ceil(total / unit));
      bar.update(Math.ceil(done / unit));
    });
  } finally {
    bar?.stop();
  }
}

/** Shows a bar for bytes, in MiB. */
export const withByteProgress = <T>(
  file: string,
  work: (onProgress: (done: number, total: number) => void) => Promise<T>,
): Promise<T> => withProgress(`${file}, MiB`, work, MEBIBYTE);

export interface RunBar {
  /** @param name the input in work */
  readonly update: (done: number, name: string) => void;
  /** Slices of the input in work. */
  readonly part: (done: number, count: number) => void;
  /** Lets lines be written without mixing with the bar. */
  readonly print: (write: () => void) => void;
  readonly stop: () => void;
}

const CLEAR_LINE = '\r\x1b[K';

/** A bar over the inputs of a run, with the name of the one in work. */
export function runBar(inputs: number): RunBar {
  const bar = new cliProgress.SingleBar(
    { format: '[{bar}] {value}/{total}  {eta_formatted} left  {name} {part}', hideCursor: true, noTTYOutput: false },
    cliProgress.Presets.shades_classic,
  );
  const isShown = process.stderr.isTTY === true;
  bar.start(inputs, 0, { name: '', part: '' });
  let running = true;
  return {
    update: (done, name) => bar.update(done, { name: name.slice(-40), part: '' }),
    part: (done, count) => bar.update({ part: `${done}/${count}` }),
    print(write) {
      if (isShown) process.stderr.write(CLEAR_LINE);
      write();
    },
    stop() {
      if (running) bar.stop();
      running = false;
    },
  };
}

/** Smaller files load in no time. */
const LARGE_FILE = 32 * MEBIBYTE;

export interface LoadingBar {
  readonly onProgress: (progress: Progress) => void;
  readonly stop: () => void;
}

/** One bar after another, for each large file of a model. */
export function loadingBar(): LoadingBar {
  let current: { readonly file: string; readonly bar: ProgressBar } | undefined;
  return {
    onProgress({ loaded, total = 0, file }) {
      if (total < LARGE_FILE) return;
      if (current?.file !== file) {
        current?.bar.stop();
        current = { file, bar: progressBar(`${file}, MiB`, Math.ceil(total / MEBIBYTE)) };
      }
      current.bar.update(Math.ceil(loaded / MEBIBYTE));
    },
    stop: () => current?.bar.stop(),
  };
}

export interface TrainingBar {
  /** @param done steps since the training began */
  readonly step: (done: number, epoch: number, loss: number) => void;
  readonly stop: () => void;
}

/** A bar with the remaining time of the whole training. */
export function trainingBar(steps: number, epochs: number): TrainingBar {
  const bar = new cliProgress.SingleBar(
    {
      format: 'epoch {epoch} [{bar}] {value}/{total} steps  {eta_formatted} left  loss {loss}',
      hideCursor: true,
      noTTYOutput: false,
      etaBuffer: 50,
    },
    cliProgress.Presets.shades_classic,
  );
  let running = false;
  return {
    step(done, epoch, loss) {
      const payload = { epoch: `${epoch + 1}/${epochs}`, loss: loss.toFixed(4) };
      if (!running) bar.start(steps, done, payload);
      running = true;
      bar.update(done, payload);
    },
    stop() {
      if (running) bar.stop();
      running = false;
    },
  };
}

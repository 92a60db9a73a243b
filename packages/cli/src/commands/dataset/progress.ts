// A bar on a terminal, nothing elsewhere.
import cliProgress from 'cli-progress';

export interface Progress {
  readonly update: (done: number) => void;
  /** May be called more than once. */
  readonly stop: () => void;
}

export function progress(what: string, total: number): Progress {
  const bar = new cliProgress.SingleBar(
    { format: `${what} [{bar}] {value}/{total}  {eta_formatted} left`, hideCursor: true, noTTYOutput: false },
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

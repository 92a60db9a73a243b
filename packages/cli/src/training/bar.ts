// A progress bar with the remaining time of the whole training. Without a terminal, nothing is shown between epochs.
import cliProgress from 'cli-progress';

export interface TrainingBar {
  /** @param done steps since the training began */
  step(done: number, epoch: number, loss: number): void;
  stop(): void;
}

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

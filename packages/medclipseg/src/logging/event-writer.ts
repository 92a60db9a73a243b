// TensorBoard event files on disk.
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { LogError } from './errors.ts';
import { type EventValues, resumeRecord, valuesRecord, versionRecord } from './events.ts';

export interface EventWriter {
  /** The event file. */
  readonly path: string;
  /** Appends the values of a step; the promise resolves once they are in the file. @throws {@link LogError} when the disk is full */
  write(step: number, values: EventValues): Promise<void>;
  /** Flushes to the disk and closes; a second call does nothing. */
  close(): Promise<void>;
}

export interface EventWriterOptions {
  /** First step of a resumed training: TensorBoard ignores what earlier files in the folder contain from this step on. */
  readonly resumeStep?: number;
  /** Milliseconds since 1970; the clock by default. */
  readonly now?: () => number;
}

/**
 * Starts an event file in a folder, which is created if needed. Each start writes its own file, as TensorFlow does; TensorBoard reads
 * them together.
 */
export async function createEventWriter(
  folder: string,
  { resumeStep, now = Date.now }: EventWriterOptions = {},
): Promise<EventWriter> {
  await mkdir(folder, { recursive: true });
  const seconds = () => now() / 1000;
  // TensorBoard reads files in the order of their names, which start with the time: ten digits until the year 2286.
  const path = join(folder, `events.out.tfevents.${Math.floor(seconds())}.${process.pid}.medclipseg`);
  const file = await open(path, 'a');
  let turn: Promise<void> = Promise.resolve();
  let closing: Promise<void> | undefined;
  const append = (bytes: Uint8Array): Promise<void> => {
    // One record after another, even if callers do not wait.
    const written = turn.then(() =>
      file.appendFile(bytes).catch((cause) => {
        throw new LogError(path, cause);
      }),
    );
    turn = written.catch(() => {});
    return written;
  };
  await append(versionRecord(seconds()));
  if (resumeStep !== undefined) await append(resumeRecord(seconds(), resumeStep));
  return {
    path,
    write: (step, values) => append(valuesRecord(seconds(), step, values)),
    close: () => {
      closing ??= turn.then(async () => {
        await file.sync();
        await file.close();
      });
      return closing;
    },
  };
}

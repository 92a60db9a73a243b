// Standard output and error: written whole, with failures noticed, before the process ends.
import { fstatSync, fsyncSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { OutputError } from './errors.ts';

const [STDOUT, STDERR] = [1, 2];

/** Whether a descriptor is a file or a device such as `/dev/full`: not a pipe, a socket or a terminal. */
function isFile(descriptor: number, stream: NodeJS.WriteStream): boolean {
  try {
    const status = fstatSync(descriptor);
    return !stream.isTTY && (status.isFile() || status.isCharacterDevice());
  } catch {
    return false;
  }
}

/** Writes every byte: Node's own stream for files ignores how many bytes of a write the disk took. */
class FileStream extends Writable {
  constructor(readonly fd: number) {
    super({ decodeStrings: true });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    try {
      for (let at = 0; at < chunk.length; ) at += writeSync(this.fd, chunk, at);
      done();
    } catch (error) {
      done(error as Error);
    }
  }
}

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException | undefined)?.code;

/** Waits until everything that was written to a stream has left the process, or the stream has failed. */
const drained = (stream: NodeJS.WritableStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write('', () => resolve());
  });

export interface Output {
  /** Whether the reader of the output has closed it. As in other commands, that is not an error. */
  readonly isClosed: () => boolean;
  /** Waits until all output is written. Throws `OutputError` where standard output took less. */
  readonly flush: () => Promise<void>;
}

/**
 * Takes over standard output and error of the process.
 *
 * @param onFailure called once when standard output can take no more, so that the command can stop
 */
export function openOutput(onFailure: () => void): Output {
  for (const [name, fd] of [
    ['stdout', STDOUT],
    ['stderr', STDERR],
  ] as const)
    if (isFile(fd, process[name]))
      Object.defineProperty(process, name, { value: new FileStream(fd), configurable: true });
  let failure: NodeJS.ErrnoException | undefined;
  process.stdout.on('error', (error) => {
    if (failure) return;
    failure = error;
    onFailure();
  });
  // Where notices cannot be written there is no way to say so.
  process.stderr.on('error', () => {});
  return {
    isClosed: () => codeOf(failure) === 'EPIPE',
    async flush() {
      await drained(process.stdout);
      await drained(process.stderr);
      // Some file systems report a full disk only now.
      if (!failure && process.stdout instanceof FileStream)
        try {
          fsyncSync(STDOUT);
        } catch (error) {
          if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'ENOTSUP') failure = error as NodeJS.ErrnoException;
        }
      if (failure && codeOf(failure) !== 'EPIPE') throw new OutputError(failure);
    },
  };
}

// The error of a log that cannot be written.
import { ModelError } from '../errors.ts';

/** A log file that cannot be written; the state of the training is not affected. */
export class LogError extends ModelError {
  override readonly name = 'LogError';
  constructor(
    readonly path: string,
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      'medclipseg/log',
      `${path}: expected to write to the log, got ${reason}. Make room or choose another folder.`,
      {
        cause,
      },
    );
  }
}

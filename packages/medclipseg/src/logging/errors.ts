// What goes wrong when a training writes its log.
import { ModelError } from '../errors.ts';

/** A log file that takes no more; training state is untouched. */
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

// The errors of the command line, and how it ends.

/** Base of every error of the command line. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  constructor(
    readonly tag: `cli/${string}`,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Whether an error is of the command line, and of this kind. */
export const isCliError = (error: unknown, tag?: CliError['tag']): error is CliError => {
  const found = error instanceof Error ? (error as Partial<CliError>).tag : undefined;
  return typeof found === 'string' && (tag === undefined ? found.startsWith('cli/') : found === tag);
};

/** Wrong use: exit code 2. */
export class UsageError extends CliError {
  override readonly name = 'UsageError';
  constructor(
    readonly subject: string,
    expected: string,
    actual: string,
    remedy: string,
  ) {
    super('cli/usage', `${subject}: expected ${expected}, got ${actual}. ${remedy}`);
  }
}

/** Results exist, but not of every image that was asked for: exit code 1. */
export class IncompleteError extends CliError {
  override readonly name = 'IncompleteError';
  constructor(
    readonly asked: number,
    readonly missing: readonly string[],
    remedy: string,
  ) {
    super(
      'cli/incomplete',
      `scores: expected ${asked} images, got ${asked - missing.length}. ${remedy} Missing: ${missing.join(', ')}`,
    );
  }
}

/** Standard output could not be written: exit code 1. */
export class OutputError extends CliError {
  override readonly name = 'OutputError';
  constructor(cause: Error) {
    super(
      'cli/output',
      `stdout: expected to write all output, got '${cause.message}'. Make room, or write it elsewhere.`,
      { cause },
    );
  }
}

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  canceled: 130,
  /** The reader of the output went away; as a shell reports SIGPIPE. */
  closed: 141,
} as const;

/** Errors that the system reports without the path of a file. */
const FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** A missing folder, a full disk, a file without permission to write: what the system refused, and where. */
const isSystemError = (error: NodeJS.ErrnoException): boolean =>
  error.syscall !== undefined && (error.path !== undefined || FULL.includes(error.code));

/** The message of an error for people; an error that is not foreseen keeps its stack. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isSystemError(error))
    return `${(error as NodeJS.ErrnoException).path ?? 'disk'}: expected a place to read from and write to, got '${error.message}'. Check that its folder exists, may be written to, and has room.`;
  return 'tag' in error ? error.message : (error.stack ?? error.message);
}

export const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

export function exitCode(error: unknown): number {
  if (isCliError(error, 'cli/usage')) return EXIT.usage;
  return isAbort(error) ? EXIT.canceled : EXIT.failed;
}

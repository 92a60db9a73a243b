// What the command line says when it is used wrongly, and how it ends.

/** Wrong use: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly tag = 'cli/usage';
  constructor(
    readonly subject: string,
    expected: string,
    actual: string,
    remedy: string,
  ) {
    super(`${subject}: expected ${expected}, got ${actual}. ${remedy}`);
  }
}

/** Results exist, but not of every image that was asked for: exit code 1. */
export class IncompleteError extends Error {
  override readonly name = 'IncompleteError';
  readonly tag = 'cli/incomplete';
  constructor(
    readonly asked: number,
    readonly missing: readonly string[],
    remedy: string,
  ) {
    super(`scores: expected ${asked} images, got ${asked - missing.length}. ${remedy} Missing: ${missing.join(', ')}`);
  }
}

export const EXIT = { done: 0, failed: 1, usage: 2, canceled: 130 } as const;

/** A write that the disk has no room for; the system does not tell the file. */
const FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** A folder that is not there, a full disk, a file that may not be written: what the system refused, and of what. */
const isSystemError = (error: NodeJS.ErrnoException): boolean =>
  error.syscall !== undefined && (error.path !== undefined || FULL.includes(error.code));

/** Our own errors carry a tag; their message and the system's are meant for people, anything else keeps its stack. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isSystemError(error))
    return `${(error as NodeJS.ErrnoException).path ?? 'disk'}: expected a place to read from and write to, got '${error.message}'. Check that its folder is there, may be written to, and has room.`;
  return 'tag' in error ? error.message : (error.stack ?? error.message);
}

export function exitCode(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof Error && error.name === 'AbortError') return EXIT.canceled;
  return EXIT.failed;
}

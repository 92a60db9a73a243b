// A lock file with the process id: one process at a time trains into a folder.
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { LockedError } from '../errors.ts';

interface Owner {
  readonly id: string;
  readonly process: number;
  readonly host: string;
}

/** Locks that this process holds: a leftover may carry the same process id, for example after a container was restarted. */
const held = new Set<string>();

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

/** Runs an operation; false if it fails because a file exists. */
const exclusive = (operation: Promise<void>): Promise<boolean> =>
  operation.then(
    () => true,
    (error) => {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    },
  );

/** The owner that a lock file names; nothing if the file is missing or damaged. */
async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const { id, process, host } = JSON.parse(await readFile(path, 'utf8')) as Partial<Owner>;
    return typeof id === 'string' && Number.isSafeInteger(process) && typeof host === 'string'
      ? { id, process: process as number, host }
      : undefined;
  } catch {
    return undefined;
  }
}

function isAlive({ id, process: pid, host }: Owner): boolean {
  // Processes of other machines cannot be checked.
  if (host !== hostname()) return true;
  if (pid === process.pid) return held.has(id);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

/** Creates the lock complete, so that no other process reads half of it; where there are no hard links, in two steps. */
const create = (path: string, complete: string, text: string): Promise<boolean> =>
  exclusive(
    link(complete, path).catch((error) => {
      if (codeOf(error) === 'EEXIST') throw error;
      return writeFile(path, text, { flag: 'wx' });
    }),
  );

/** Replaces a stale lock. Only the process that creates the file of the takeover may do so, and only while the lock is the stale one. */
async function takeOver(path: string, stale: Owner | undefined, complete: string): Promise<boolean> {
  const takeover = `${path}.takeover-${stale?.id ?? 'damaged'}`;
  if (!(await exclusive(writeFile(takeover, '', { flag: 'wx' })))) return false;
  try {
    if ((await readOwner(path))?.id !== stale?.id) return false;
    await rename(complete, path);
    return true;
  } finally {
    await rm(takeover, { force: true });
  }
}

const RETRIES = 20;
const PAUSE = 50;

async function acquire(path: string, complete: string, text: string): Promise<void> {
  let holder: Owner | undefined;
  for (let i = 0; i < RETRIES; i++) {
    if (await create(path, complete, text)) return;
    holder = await readOwner(path);
    if (holder && isAlive(holder)) break;
    // Where there are no hard links, another process may be writing it at this moment.
    if (!holder && i === 0) await wait(PAUSE);
    else if (await takeOver(path, holder, complete)) return;
    else await wait(PAUSE);
  }
  const { process: pid, host } = holder ?? { process: 0, host: hostname() };
  throw new LockedError(
    dirname(path),
    { process: pid, host },
    host === hostname() && holder && isAlive(holder)
      ? 'Wait for it to end, or train into another folder.'
      : `Train into another folder, or delete ${path} if that process has ended.`,
  );
}

/**
 * Takes a lock; the returned function releases it. A lock whose process has ended is taken over.
 *
 * @throws {LockedError} if another process holds it
 */
export async function acquireLock(path: string): Promise<() => Promise<void>> {
  const owner: Owner = { id: randomUUID(), process: process.pid, host: hostname() };
  const text = JSON.stringify(owner);
  const complete = `${path}.${owner.id}`;
  await writeFile(complete, text);
  held.add(owner.id);
  try {
    await acquire(path, complete, text);
  } catch (error) {
    held.delete(owner.id);
    throw error;
  } finally {
    await rm(complete, { force: true });
  }
  return async () => {
    held.delete(owner.id);
    if ((await readOwner(path))?.id === owner.id) await rm(path, { force: true });
  };
}

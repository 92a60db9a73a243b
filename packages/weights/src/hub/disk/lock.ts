// A lock between processes: a file that its owner creates and touches regularly.
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { wait } from '../../http/retry.ts';

const HEARTBEAT = 2_000;
/** A lock that has not changed for this long by the clock of this process is abandoned; clocks of other machines do not matter. */
const ABANDONED = 20_000;
const POLL = 100;

interface Owner {
  readonly id: string;
  readonly process: number;
  readonly host: string;
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

const ownerOf = async (path: string): Promise<Partial<Owner>> => {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    // It is just being written, or was removed.
    return {};
  }
};

/** Whether the owner was a process of this machine that has ended. */
function hasDied({ process: id, host }: Partial<Owner>): boolean {
  if (host !== hostname() || !Number.isSafeInteger(id)) return false;
  try {
    process.kill(id as number, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Removes an abandoned lock, unless another process has done so and holds a new one. */
async function remove(path: string, owner: Partial<Owner>): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch((error) => {
    if (!isMissing(error)) throw error;
  });
  const taken = await ownerOf(aside);
  if (taken.id !== undefined && taken.id !== owner.id) await rename(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

async function acquire(path: string, owner: Owner, signal?: AbortSignal): Promise<void> {
  let seen = { changed: Number.NaN, since: 0 };
  for (;;) {
    signal?.throwIfAborted();
    try {
      await writeFile(path, JSON.stringify(owner), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const status = await stat(path).catch(() => undefined);
    if (!status) continue;
    if (status.mtimeMs !== seen.changed) seen = { changed: status.mtimeMs, since: performance.now() };
    const holder = await ownerOf(path);
    if (hasDied(holder) || performance.now() - seen.since > ABANDONED) await remove(path, holder);
    else await wait(POLL, signal);
  }
}

/**
 * Runs a job while no other process runs one with the same lock file.
 *
 * The lock of a process that has died is taken over: at once on the same machine, after some seconds on another.
 */
export async function withLock<T>(path: string, job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const owner: Owner = { id: randomUUID(), process: process.pid, host: hostname() };
  await acquire(path, owner, signal);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, HEARTBEAT);
  heartbeat.unref();
  try {
    return await job();
  } finally {
    clearInterval(heartbeat);
    if ((await ownerOf(path)).id === owner.id) await rm(path, { force: true });
  }
}

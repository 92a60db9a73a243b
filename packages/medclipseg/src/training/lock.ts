// A lock file with the process id: one process at a time does a piece of work, on one machine or on several with a common folder.
import { randomUUID } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { LockedError } from '../errors.ts';

interface Owner {
  readonly id: string;
  readonly process: number;
  readonly host: string;
  /** In which space the process id counts: containers of one machine may have the same host name. */
  readonly space: string;
}

const SPACE = (() => {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
})();

/** A process touches its locks this often, in milliseconds. */
const BEAT = 20_000;
/** A lock whose process runs on another machine or in another container is abandoned if it has not been touched for this long, in milliseconds. */
const STALE = 5 * 60_000;

/** Touches locks on a thread of its own: a backend may block the main thread for minutes. A lock that was taken over is left alone. */
const HEART = `
const { parentPort, workerData } = require('node:worker_threads');
const { readFileSync, utimesSync } = require('node:fs');
const locks = new Map();
parentPort.on('message', ({ path, id }) => (id ? locks.set(path, id) : locks.delete(path)));
setInterval(() => {
  for (const [path, id] of locks)
    try {
      const now = new Date();
      if (readFileSync(path, 'utf8').includes(id)) utimesSync(path, now, now);
    } catch {}
}, workerData);
`;
let heart: Worker | undefined;

/** Begins to touch a lock, or ends it without an id. */
function beat(path: string, id?: string): void {
  if (!heart) {
    heart = new Worker(HEART, { eval: true, execArgv: [], workerData: BEAT });
    heart.on('error', () => {});
    heart.unref();
  }
  heart.postMessage({ path: resolve(path), id });
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
    const { id, process, host, space = SPACE } = JSON.parse(await readFile(path, 'utf8')) as Partial<Owner>;
    return typeof id === 'string' && Number.isSafeInteger(process) && typeof host === 'string'
      ? { id, process: process as number, host, space }
      : undefined;
  } catch {
    return undefined;
  }
}

async function isAlive(path: string, { id, process: pid, host, space }: Owner): Promise<boolean> {
  // Processes of other machines and containers cannot be checked; they touch their locks.
  if (host !== hostname() || space !== SPACE) {
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
    return Date.now() - mtimeMs < STALE;
  }
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
    if (holder && (await isAlive(path, holder))) break;
    // Where there are no hard links, another process may be writing it at this moment.
    if (!holder && i === 0) await wait(PAUSE);
    else if (await takeOver(path, holder, complete)) return;
    else await wait(PAUSE);
  }
  const { process: pid, host } = holder ?? { process: 0, host: hostname() };
  throw new LockedError(
    dirname(path),
    { process: pid, host },
    host === hostname()
      ? 'Wait for it to end, or train into another folder.'
      : `Train into another folder, or wait: if that process has ended, the folder is free after ${STALE / 60_000} minutes.`,
  );
}

/**
 * Takes a lock; the returned function releases it. A lock whose process has ended is taken over: at once if it ran on this machine, after
 * five minutes without a sign of life otherwise.
 *
 * @param path of the lock file, in a folder that exists
 * @throws {LockedError} if another process holds it
 */
export async function acquireLock(path: string): Promise<() => Promise<void>> {
  const owner: Owner = { id: randomUUID(), process: process.pid, host: hostname(), space: SPACE };
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
  beat(path, owner.id);
  return async () => {
    held.delete(owner.id);
    beat(path);
    if ((await readOwner(path))?.id === owner.id) await rm(path, { force: true });
  };
}

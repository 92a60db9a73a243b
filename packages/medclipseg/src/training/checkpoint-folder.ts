// Checkpoints in a folder: the newest, the best, and the last few.
import { randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileSource, writeSafetensors } from '@medclipseg/weights/node';
import { checkCount } from '../arguments.ts';
import { BEST, LATEST } from '../pretrained/weight-files.ts';
import type { CheckpointStore } from './checkpoints.ts';
import { acquireLock } from './lock.ts';

const LOCK = 'training.lock';
const NUMBERED = /^step-(\d{8})\.safetensors$/;
/** Partial files of a killed process. */
const LEFTOVER = /^\..*\.tmp$|^training\.lock\../;
const numbered = (step: number) => `step-${String(step).padStart(8, '0')}.safetensors`;

/** Flushes the names in a folder to the disk, where the system allows opening a folder. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** Gives a complete file a second name, replacing what had that name; a copy where there are no hard links. */
async function nameAlso(path: string, other: string): Promise<void> {
  const temporary = join(dirname(other), `.${basename(other)}.${randomUUID()}.tmp`);
  try {
    await link(path, temporary).catch(() => copyFile(path, temporary));
    await rename(temporary, other);
  } finally {
    // Renaming one of two names of a file onto the other keeps both.
    await rm(temporary, { force: true });
  }
}

export interface FolderOptions {
  /** Checkpoints that stay under their step's number, the newest included. With 1, only the newest stays, as `latest`. */
  readonly keep?: number;
}

/** Whenever the process or the machine dies, `latest` is a complete checkpoint. */
export interface CheckpointFolder extends CheckpointStore {
  readonly path: string;
  /** Lets other processes use the folder. */
  close(): Promise<void>;
}

/** Whether a folder holds a training that can be resumed. */
export const hasTraining = (folder: string): Promise<boolean> =>
  stat(join(folder, LATEST)).then(
    () => true,
    () => false,
  );

/**
 * Opens a folder for checkpoints, creating it if needed, and locks it for this process.
 *
 * @throws {LockedError} if another process trains into it
 */
export async function openCheckpointFolder(
  folder: string,
  { keep = 1 }: FolderOptions = {},
): Promise<CheckpointFolder> {
  checkCount('keep', keep, 1);
  await mkdir(folder, { recursive: true });
  const release = await acquireLock(join(folder, LOCK));
  for (const name of await readdir(folder)) if (LEFTOVER.test(name)) await rm(join(folder, name), { force: true });
  const latest = join(folder, LATEST);
  return {
    path: folder,
    latest: async () => ((await hasTraining(folder)) ? fileSource(latest) : undefined),
    async save({ tensors, metadata }, { step, best }) {
      // The best comes first: a training resumed from the checkpoint before writes it again, one resumed from this has it.
      const first = best ? join(folder, BEST) : latest;
      await writeSafetensors(first, tensors, metadata);
      if (best) await nameAlso(first, latest);
      if (keep > 1) {
        await nameAlso(latest, join(folder, numbered(step)));
        const steps = (await readdir(folder)).filter((name) => NUMBERED.test(name)).sort();
        for (const name of steps.slice(0, -keep)) await rm(join(folder, name), { force: true });
      }
      await syncFolder(folder);
    },
    close: release,
  };
}

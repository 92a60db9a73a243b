// The folder of a training: the newest checkpoint, the best, and the last few.
import { randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BEST, LATEST } from './names.ts';

const NUMBERED = /^step-(\d{8})\.safetensors$/;
const LEFTOVER = /^\..*\.tmp$/;
const numbered = (step: number) => `step-${String(step).padStart(8, '0')}.safetensors`;

/** Puts the names of a folder on the disk, where the system lets one open a folder. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** Gives a whole file a second name, in place of what had it; without hard links, a copy. */
async function nameAlso(path: string, other: string): Promise<void> {
  const temporary = join(dirname(other), `.${basename(other)}.${randomUUID()}.tmp`);
  try {
    await link(path, temporary).catch(() => copyFile(path, temporary));
    await rename(temporary, other);
  } finally {
    // Renaming one of two names of a file onto the other leaves both.
    await rm(temporary, { force: true });
  }
}

export interface FolderOptions {
  /** Checkpoints that stay under their step's number, the newest included; with 1 only the newest stays, as `latest`. */
  readonly keep?: number;
}

export interface CheckpointFolder {
  readonly latest: string;
  /**
   * Makes a state the newest one, and the best one if it is.
   *
   * Whenever the process or the machine dies, `latest` is a whole checkpoint: the one before or this.
   *
   * @param step steps since the training began
   * @param write writes the state to a path, whole or not at all
   */
  save(step: number, write: (path: string) => Promise<void>, options?: { readonly best?: boolean }): Promise<void>;
}

/** Opens the folder of a training, made if need be; what a killed process left half written is removed. */
export async function openCheckpointFolder(
  folder: string,
  { keep = 1 }: FolderOptions = {},
): Promise<CheckpointFolder> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) if (LEFTOVER.test(name)) await rm(join(folder, name));
  const latest = join(folder, LATEST);
  return {
    latest,
    async save(step, write, { best = false } = {}) {
      // The best first: a training that goes on from the checkpoint before finds it again, one that goes on from this has it.
      const first = best ? join(folder, BEST) : latest;
      await write(first);
      if (best) await nameAlso(first, latest);
      if (keep > 1) {
        await nameAlso(latest, join(folder, numbered(step)));
        const steps = (await readdir(folder)).filter((name) => NUMBERED.test(name)).sort();
        for (const name of steps.slice(0, -keep)) await rm(join(folder, name), { force: true });
      }
      await syncFolder(folder);
    },
  };
}

// Models on disk, and the model hub's cache that Python's tools share.
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hubFile } from '@medclipseg/weights/hub/node';
import { fileSource } from '@medclipseg/weights/node';
import { BEST, LATEST } from '../checkpoints/names.ts';
import { CheckpointError } from '../errors.ts';
import { isHubError, type Place, type PlaceOptions, type Platform } from './place.ts';

/** The one of a folder's checkpoints that is meant. */
async function chooseIn(folder: string): Promise<string> {
  const names = await readdir(folder);
  const weights = names.filter((name) => /\.(safetensors|pth|pt)$/.test(name));
  const chosen = [BEST, LATEST].find((name) => names.includes(name)) ?? (weights.length === 1 ? weights[0] : undefined);
  if (chosen !== undefined) return join(folder, chosen);
  throw new CheckpointError(
    folder,
    `${BEST}, ${LATEST} or a single weight file in it`,
    weights.length === 0 ? 'none' : weights.join(', '),
    'Name the file.',
  );
}

async function filePlace(path: string): Promise<Place> {
  return {
    name: path,
    origin: resolve(path),
    source: await fileSource(path),
    async beside(name) {
      const bytes = await readFile(join(dirname(path), name)).catch(() => undefined);
      return bytes && new Uint8Array(bytes);
    },
  };
}

export const openLocal: Platform['openLocal'] = async (name) => {
  const path = name instanceof URL ? fileURLToPath(name) : name;
  const found = await stat(path).catch(() => undefined);
  return found && filePlace(found.isDirectory() ? await chooseIn(path) : path);
};

export const openHubFile: Platform['openHubFile'] = async (repo, path, options) => {
  const fetched = (file: string, { signal, onProgress, revision, localFilesOnly, cacheDir }: PlaceOptions) =>
    hubFile(
      { repo, path: file, revision },
      {
        signal,
        onProgress: onProgress && (({ loaded, total }) => onProgress({ loaded, total, file })),
        ...(cacheDir !== undefined && { cache: cacheDir }),
        ...(localFilesOnly && { offline: true }),
      },
    );
  return {
    ...(await filePlace(await fetched(path, options))),
    origin: `${repo}/${path}`,
    // Its neighbors are fetched when asked for.
    async beside(name) {
      const found = await fetched(join(dirname(path), name), options).catch((error) => {
        if (isHubError(error)) return undefined;
        throw error;
      });
      return found === undefined ? undefined : new Uint8Array(await readFile(found));
    },
  };
};

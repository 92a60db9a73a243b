// Models on disk, and the model hub with the cache that Python's tools share.
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hubFile, listHubFiles } from '@medclipseg/weights/hub/node';
import { fileSource } from '@medclipseg/weights/node';
import type { StoredWeights } from '../engine/onnx/stored-weights.ts';
import { CheckpointError } from '../errors.ts';
import { type Place, type PlaceOptions, type Platform, siblingOf } from './place.ts';
import { BEST, chooseWeights, LATEST, weightFiles } from './weight-files.ts';

/** Files of a folder, and those that the published program leaves in `trained_models`. */
async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  if (!names.includes('trained_models')) return names;
  const deep = await readdir(join(folder, 'trained_models'), { recursive: true, withFileTypes: true });
  const paths = deep.map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join('/'));
  return [...names, ...paths];
}

async function fileIn(folder: string): Promise<string> {
  const paths = await filesIn(folder);
  const chosen = chooseWeights(paths);
  if (chosen !== undefined) return join(folder, chosen);
  throw new CheckpointError(
    folder,
    `${BEST}, ${LATEST}, one *_latest.pth or a single weight file in it`,
    weightFiles(paths).join(', ') || 'none',
    'Name the file.',
  );
}

async function filePlace(path: string): Promise<Place> {
  return {
    name: path,
    origin: resolve(path),
    source: await fileSource(path),
    async readSibling(name) {
      const bytes = await readFile(join(dirname(path), name)).catch(() => undefined);
      return bytes && new Uint8Array(bytes);
    },
  };
}

/**
 * Path of the file that {@link MedCLIPSeg.fromPretrained} opens for a path; nothing if there is no such file or folder, as for a model on the hub.
 *
 * @throws {CheckpointError} for a folder in which none or several files may be the model
 */
export async function modelFile(name: string | URL): Promise<string | undefined> {
  const path = name instanceof URL ? fileURLToPath(name) : name;
  const found = await stat(path).catch(() => undefined);
  return found && (found.isDirectory() ? fileIn(path) : path);
}

export const openLocal: Platform['openLocal'] = async (name) => {
  const path = await modelFile(name);
  return path === undefined ? undefined : filePlace(path);
};

const hubOptions = ({ signal, localFilesOnly, cacheDir }: PlaceOptions) => ({
  signal,
  ...(cacheDir !== undefined && { cache: cacheDir }),
  ...(localFilesOnly && { offline: true }),
});

export const listHub: Platform['listHub'] = async (repo, options) =>
  (await listHubFiles({ repo, revision: options.revision }, hubOptions(options))).files.map(({ path }) => path);

export const openHubFile: Platform['openHubFile'] = async (repo, path, siblings, options) => {
  const fetched = (file: string) => {
    const { revision, onProgress } = options;
    return hubFile({ repo, path: file, revision }, { ...hubOptions(options), onProgress });
  };
  return {
    ...(await filePlace(await fetched(path))),
    origin: `${repo}/${path}`,
    async readSibling(name) {
      const sibling = siblingOf(path, name);
      return siblings.includes(sibling) ? new Uint8Array(await readFile(await fetched(sibling))) : undefined;
    },
  };
};

export const loadOnnx: Platform['loadOnnx'] = async () => {
  const { checkRuntime } = await import('@medclipseg/onnx/node');
  await checkRuntime();
  const [stored, { OnnxEngine }, { OnnxTrainingEngine }] = await Promise.all([
    import('../engine/onnx/stored-weights.ts'),
    import('../engine/onnx/onnx-engine.ts'),
    import('../training/onnx/onnx-training.ts'),
  ]);
  return {
    createWeights: () => new stored.StoredWeights(),
    createEngine: (network, weights, options) => new OnnxEngine(network, weights as StoredWeights, options),
    createTrainingEngine: (network, training, options) => new OnnxTrainingEngine(network, training, options),
  };
};

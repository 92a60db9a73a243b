// Which file of a folder or repository holds the model.
import type { FamilyName } from '@medclipseg/clip-encoders';

/** Names of the checkpoints in the folder of a training. */
export const BEST = 'best.safetensors';
export const LATEST = 'latest.safetensors';

const isWeights = (path: string): boolean => /\.(safetensors|pth|pt|bin)$/.test(path);

/** Where the published training program leaves the checkpoint that its evaluation reads, below the folder of a dataset. */
const RELEASED = 'trained_models/seed666/MedCLIPSeg_unimedclip_ViT-B-16_latest.pth';
const RELEASED_PATTERN = /^([^/]+)\/trained_models\/seed\d+\/[^/]+_latest\.pth$/;

/**
 * The file to open among those of a folder: the best checkpoint of a training, else the newest; of the published program the newest, which
 * its evaluation reads as well; else a single weight file.
 *
 * @param paths relative to the folder
 */
export function chooseWeights(paths: readonly string[]): string | undefined {
  const known = [BEST, LATEST, 'model.safetensors', RELEASED].find((name) => paths.includes(name));
  if (known !== undefined) return known;
  const near = paths.filter((path) => isWeights(path) && /^(trained_models\/seed\d+\/)?[^/]+$/.test(path));
  const newest = near.filter((path) => path.endsWith('_latest.pth'));
  if (newest.length === 1) return newest[0];
  const here = near.filter((path) => !path.includes('/'));
  return newest.length === 0 && here.length === 1 ? here[0] : undefined;
}

/** The weight files of a folder, for messages. */
export const weightFiles = (paths: readonly string[]): string[] => paths.filter(isWeights);

/** Names under which the models of a repository can be opened: datasets with a released checkpoint, and single weight files. */
export function modelsIn(paths: readonly string[]): string[] {
  const released = paths.flatMap((path) => RELEASED_PATTERN.exec(path)?.[1] ?? []);
  return released.length > 0 ? [...new Set(released)] : weightFiles(paths);
}

/** The family that the published program writes into the name of a checkpoint. */
export const familyInName = (path: string): FamilyName | undefined =>
  /MedCLIPSeg_(clip|unimedclip|biomedclip|pubmedclip)_[^/]*$/.exec(path)?.[1] as FamilyName | undefined;

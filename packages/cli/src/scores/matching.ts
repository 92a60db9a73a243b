// Which prediction belongs to which true mask: by file name without its extension, as published.
import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { UsageError } from '../errors.ts';

const IMAGE = /\.(png|bmp|jpe?g|tiff?)$/i;

/** File names of images by their stem. */
export async function imagesOf(flag: string, folder: string): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(folder).catch(({ code, message }: NodeJS.ErrnoException) => {
    const found = code === 'ENOENT' ? `'${folder}'` : `'${message}'`;
    throw new UsageError(flag, 'a folder of images', found, 'Check the path.');
  });
  const images = new Map<string, string>();
  // Hidden files are of the system, such as the `._a.png` that macOS adds to archives.
  for (const name of names.filter((name) => IMAGE.test(name) && !name.startsWith('.')).sort()) {
    const stem = basename(name, extname(name)).normalize('NFC');
    const other = images.get(stem);
    if (other)
      throw new UsageError(
        flag,
        'one file of each name',
        `'${basename(other)}' and '${name}' in ${folder}`,
        'Remove one of them.',
      );
    images.set(stem, join(folder, name));
  }
  return images;
}

export interface Matching {
  /** Stems that both have, sorted. */
  readonly both: readonly string[];
  /** True masks without a prediction. */
  readonly missing: readonly string[];
  /** Predictions without a true mask. */
  readonly extra: readonly string[];
}

export function match(truths: ReadonlyMap<string, string>, predictions: ReadonlyMap<string, string>): Matching {
  const names = [...truths.keys()].sort();
  return {
    both: names.filter((name) => predictions.has(name)),
    missing: names.filter((name) => !predictions.has(name)),
    extra: [...predictions.keys()].filter((name) => !truths.has(name)).sort(),
  };
}

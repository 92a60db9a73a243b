// Which masks belong to which image, by their names.
import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { foundInstead, LayoutError } from '../errors.ts';
import { normalizedName, visibleNames } from '../folder.ts';
import { byCodePoint } from '../sheets/table.ts';

export interface Pair {
  /** The image's name without its ending. */
  readonly stem: string;
  readonly imagePath: string;
  readonly maskPaths: readonly string[];
}

const IMAGE = /\.(png|jpe?g|tiff?|bmp|webp|dcm)$/i;

const stemOf = (name: string): string => normalizedName(basename(name, extname(name)));

async function imagesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    throw new LayoutError(folder, 'a folder of images', foundInstead(cause), 'Check the path.');
  });
  const files = entries.filter((entry) => entry.isFile() && IMAGE.test(entry.name));
  const names = visibleNames(files.map(({ name }) => name));
  if (names.length === 0) throw new LayoutError(folder, 'images', 'none', 'Give the folder that holds them.');
  return names.sort(byCodePoint);
}

/** The image whose stem the mask's name is, or begins with before `_`, `-`, `.` or a space; the longest such. */
function ownerOf(mask: string, stems: ReadonlySet<string>): string | undefined {
  for (let end = mask.length; end > 0; end--) {
    const candidate = mask.slice(0, end);
    if (stems.has(candidate) && (end === mask.length || '_-. '.includes(mask.charAt(end)))) return candidate;
  }
  return undefined;
}

const some = (names: readonly string[]): string =>
  `${names.length}: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`;

/**
 * Pairs the images of one folder with the masks of another: `a.jpg` with `a.png`, `a_mask.png` or `a_1.png` and `a_2.png`.
 * Throws `LayoutError` where an image has no mask, a mask no image, or two images one stem.
 */
export async function pairFiles(imageFolder: string, maskFolder: string): Promise<Pair[]> {
  const [images, masks] = [await imagesOf(imageFolder), await imagesOf(maskFolder)];
  const byStem = new Map<string, { imagePath: string; maskPaths: string[] }>();
  for (const name of images) {
    if (byStem.has(stemOf(name)))
      throw new LayoutError(
        join(imageFolder, name),
        'one image of this name',
        'two with different endings',
        'Rename one.',
      );
    byStem.set(stemOf(name), { imagePath: join(imageFolder, name), maskPaths: [] });
  }
  const stems = new Set(byStem.keys());
  const strays: string[] = [];
  for (const name of masks) {
    const owner = ownerOf(stemOf(name), stems);
    if (owner === undefined) strays.push(name);
    else byStem.get(owner)?.maskPaths.push(join(maskFolder, name));
  }
  if (strays.length > 0)
    throw new LayoutError(maskFolder, 'masks named after images', `others (${some(strays)})`, 'Rename or remove them.');
  const bare = [...byStem].filter(([, { maskPaths }]) => maskPaths.length === 0).map(([stem]) => stem);
  if (bare.length > 0)
    throw new LayoutError(
      maskFolder,
      'a mask for each image',
      `none for ${some(bare)}`,
      'Where there is nothing to find, give a black mask.',
    );
  return [...byStem].map(([stem, files]) => ({ stem, ...files }));
}

// The pre-training data of `mini` as raw bytes for `pretrain.py`: the same pixels and token ids as in this project's own training.
//   node --conditions=@medclipseg/source --import tsx tools/mini/src/prepare.ts OUT PROMPTS DATASET...
// PROMPTS: a folder with the prompt sheets of the sixteen datasets, used only for the vocabulary. DATASET: folders in the published layout.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { vocabularyOf, wordTokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { joinMasks, resizeLinear, resizeNearest } from '@medclipseg/datasets';
import { readImage, readPromptSheet, readSplit, writeFileAtomically } from '@medclipseg/datasets/node';

/** Width and height of images in pixels. */
const SIZE = 224;
/** Token ids per prompt. */
const CONTEXT = 48;

interface Prepared {
  readonly source: string;
  readonly split: 'train' | 'val';
  readonly prompt: string;
}

const [out, sheets, ...datasets] = process.argv.slice(2) as [string, string, ...string[]];
await mkdir(out, { recursive: true });
const images: Uint8Array[] = [];
const masks: Uint8Array[] = [];
const samples: Prepared[] = [];
const prompts: string[] = [];

for (const dataset of datasets) {
  for (const split of ['train', 'val'] as const)
    for (const { imagePath, maskPath, otherMaskPaths = [], prompt } of (await readSplit(dataset, split)).samples) {
      const parts = await Promise.all([maskPath, ...otherMaskPaths].map((path) => readImage(path, 'gray')));
      images.push(resizeLinear(await readImage(imagePath), SIZE, SIZE).data as Uint8Array);
      masks.push(resizeNearest(joinMasks(parts, maskPath), SIZE, SIZE).data as Uint8Array);
      samples.push({ source: basename(dataset), split, prompt: prompt.trim() });
    }
}
for (const folder of [...datasets, ...(await readdir(sheets)).map((name) => join(sheets, name))])
  for (const sheet of await readdir(join(folder, 'Prompts_Folder')))
    for (const { prompt } of await readPromptSheet(join(folder, 'Prompts_Folder', sheet))) prompts.push(prompt);
const tokenizer = wordTokenizer({ words: vocabularyOf(prompts), contextLength: CONTEXT });
await writeFileAtomically(join(out, 'tokenizer.json'), `${JSON.stringify(tokenizer.toJson())}\n`);
await writeFileAtomically(join(out, 'samples.json'), JSON.stringify({ size: SIZE, samples }));
await writeFile(join(out, 'images.bin'), Buffer.concat(images));
await writeFile(join(out, 'masks.bin'), Buffer.concat(masks));
process.stdout.write(`${samples.length} samples, ${tokenizer.size} token ids\n`);

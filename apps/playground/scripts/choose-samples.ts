// Which phantoms the start screen should offer: those that mini segments best, and those of two lesions of which it finds the one that a prompt
// names. Run after mini has changed: node --conditions=@medclipseg/source --import tsx scripts/choose-samples.ts
import { selectBackend } from '@medclipseg/backends';
import { drawPhantom, MODALITIES, separateLesions, thresholdMask, WORDINGS } from '@medclipseg/datasets';
import { MedCLIPSeg } from 'medclipseg';
import { overlapScores } from 'medclipseg/metrics';

const SEEDS = 40;
const SHOWN = 4;

await selectBackend('wasm');
const model = await MedCLIPSeg.fromPretrained('mini');
const print = (line: string) => process.stdout.write(`${line}\n`);

type Image = Parameters<typeof model.segment>[0];
const dice = async (image: Image, prompt: string, truth: Parameters<typeof thresholdMask>[0]): Promise<number> =>
  overlapScores(thresholdMask(truth), (await model.segment(image, prompt, { samples: 0 })).mask).dsc;

for (const modality of MODALITIES) {
  const clear: (readonly [number, number])[] = [];
  const pairs: (readonly [number, number, readonly string[]])[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { image, mask, prompt, lesions } = drawPhantom({ modality, seed });
    if (lesions.length === 1) clear.push([await dice(image, prompt, mask), seed]);
    const parts = separateLesions(mask);
    if (parts.length !== 2 || parts[0]?.lesion.place === parts[1]?.lesion.place) continue;
    const prompts = parts.map(
      ({ lesion }) => `one ${WORDINGS[modality].lesion}, located in ${lesion.place} of the image`,
    );
    const scores = [];
    for (const [i, part] of parts.entries()) scores.push(await dice(image, prompts[i] as string, part.mask));
    pairs.push([Math.min(...scores), seed, prompts]);
  }
  print(modality);
  for (const [score, seed] of clear.toSorted((a, b) => b[0] - a[0]).slice(0, SHOWN))
    print(`  one lesion, seed ${seed}: ${score.toFixed(3)}`);
  for (const [score, seed, prompts] of pairs.toSorted((a, b) => b[0] - a[0]).slice(0, SHOWN))
    print(`  two lesions, seed ${seed}: ${score.toFixed(3)} (${prompts.join(' | ')})`);
}
model.dispose();

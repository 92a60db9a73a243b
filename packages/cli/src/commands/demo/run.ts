// medclipseg demo: mini on a phantom of each modality, with an overview image and scores.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { drawPhantom, MODALITIES, type Modality, type Phantom, type RasterImage } from '@medclipseg/datasets';
import { writePng } from '@medclipseg/datasets/node';
import { MedCLIPSeg, overlayImage, type Segmentation, sideBySide, uncertaintyImage } from 'medclipseg';
import { overlapScores } from 'medclipseg/metrics';
import { type BackendFlag, wholeNumber } from '../../command.ts';
import { useBackend } from '../../open-model.ts';

export interface DemoOptions extends BackendFlag {
  readonly out: string;
  readonly seed: string;
  readonly samples: string;
}

const binary = (mask: RasterImage): Uint8Array => Uint8Array.from(mask.data, (v) => (v > 0 ? 1 : 0));

/** The first phantom from this seed on that has a lesion: about one in seven has none. */
function phantomWithFinding(modality: Modality, seed: number): Phantom {
  for (let at = seed; ; at++) {
    const phantom = drawPhantom({ modality, seed: at });
    if (phantom.lesions.length > 0) return phantom;
  }
}

export async function demo(options: DemoOptions, signal: AbortSignal): Promise<void> {
  const [seed, samples] = [wholeNumber('--seed', options.seed), wholeNumber('--samples', options.samples)];
  await mkdir(options.out, { recursive: true });
  await useBackend(options);
  const model = await MedCLIPSeg.fromPretrained('mini');
  const rows: RasterImage[][] = [];
  process.stdout.write('modality     DSC   prompt\n');
  try {
    for (const modality of MODALITIES) {
      const { image, mask, prompt } = phantomWithFinding(modality, seed);
      const result = await model.segment(image, prompt, { samples, name: modality, signal });
      const truth = binary(mask);
      rows.push(picturesOf(image, truth, result));
      await writePng(join(options.out, `${modality}.png`), image);
      await writePng(join(options.out, `${modality}-truth.png`), mask);
      await writePng(join(options.out, `${modality}-mask.png`), { ...mask, data: result.mask.map((v) => v * 255) });
      process.stdout.write(`${modality.padEnd(11)}  ${overlapScores(truth, result.mask).dsc.toFixed(2)}  ${prompt}\n`);
    }
  } finally {
    await model.dispose();
  }
  const overview = join(options.out, 'demo.png');
  await writePng(overview, sideBySide(rows));
  process.stdout.write(
    `\n${overview}: one row per image: image, true mask, predicted mask, uncertainty (dark: low, bright: high)
The same folder has each image and its masks. Synthetic images, not patients; for research only, not a medical device.

Your own: medclipseg predict image.png --prompt "what to segment"\n`,
  );
}

const picturesOf = (image: RasterImage, truth: Uint8Array, result: Segmentation): RasterImage[] => [
  image,
  overlayImage(image, { mask: truth }),
  overlayImage(image, result),
  uncertaintyImage(result),
];

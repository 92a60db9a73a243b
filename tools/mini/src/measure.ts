// The figures and the image of failures on the model card of `mini`: runs `medclipseg test` for every row of its table.
//   node --conditions=@medclipseg/source --import tsx tools/mini/src/measure.ts CHECKPOINT KVASIR PHANTOMS OUT
// PHANTOMS: a folder with a dataset of phantoms for each modality. Results that OUT already contains are reused.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MODALITIES, type RasterImage, resizeNearest } from '@medclipseg/datasets';
import { readImage, readSplit, writePng } from '@medclipseg/datasets/node';
import { overlayImage, sideBySide } from 'medclipseg';
import type { Evaluation } from 'medclipseg/metrics';

const [checkpoint, kvasir, phantoms, out] = process.argv.slice(2) as [string, string, string, string];

interface Run {
  readonly title: string;
  readonly folder: string;
  readonly data: string;
  readonly flags: readonly string[];
}

/** Enough samples for the mean. The default of thirty is used where uncertainty is scored as well. */
const FEW = ['--samples', '5'];
const onKvasir = (title: string, folder: string, ...flags: string[]): Run => ({ title, folder, data: kvasir, flags });

const runs: readonly Run[] = [
  onKvasir('Kvasir', 'kvasir'),
  onKvasir('eight views', 'kvasir-dihedral', '--dihedral', '--samples', '8'),
  onKvasir('original prompts', 'kvasir-five', ...FEW),
  onKvasir('without a location', 'kvasir-placeless', '--design', 'missing_location', ...FEW),
  onKvasir('underdescriptive', 'kvasir-under', '--design', 'underdescriptive', ...FEW),
  onKvasir('"polyp"', 'kvasir-generic', '--prompt', 'polyp', ...FEW),
  onKvasir('contradictory', 'kvasir-contradictory', '--design', 'contradictory', ...FEW),
  onKvasir('shuffled', 'kvasir-shuffled', '--shuffle-prompts', ...FEW),
  ...MODALITIES.map((modality) => ({
    title: `${modality} phantoms`,
    folder: modality,
    data: join(phantoms, modality),
    flags: ['--samples', '10'],
  })),
];

const main = new URL('../../../packages/cli/src/main.ts', import.meta.url).pathname;

async function evaluate({ folder, data, flags }: Run): Promise<Evaluation> {
  const to = join(out, folder);
  const file = join(to, 'scores.json');
  if (!existsSync(file)) {
    const command = ['test', '--checkpoint', checkpoint, '--data', data, '--out', to, '--backend', 'wasm', ...flags];
    const { status } = spawnSync(
      process.execPath,
      ['--conditions=@medclipseg/source', '--import', 'tsx', main, ...command],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    if (status !== 0) throw new Error(`medclipseg ${command.join(' ')}: expected exit code 0, got ${status}.`);
  }
  return JSON.parse(await readFile(file, 'utf8')) as Evaluation;
}

const percent = (value: number) => (100 * value).toFixed(1);

function row({ title, flags }: Run, { summary, calibration, images }: Evaluation): string {
  const { mean, low, high } = summary.dsc;
  const { selective, reliability, brier } = calibration as NonNullable<Evaluation['calibration']>;
  const cells = [
    `${title}, ${images.length}`,
    flags.join(' '),
    `${percent(mean)} (${percent(low)} to ${percent(high)})`,
    selective.errorAuroc.toFixed(3),
    reliability.expectedCalibrationError.toFixed(3),
    brier.toFixed(3),
    `${selective.area.toFixed(4)} (random ${selective.areaOfRandomOrder.toFixed(4)})`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Image, ground truth and predicted mask of the worst phantom of a modality. */
async function worst(modality: string, { images }: Evaluation): Promise<RasterImage[]> {
  const [{ name }] = [...images].sort((a, b) => a.dsc - b.dsc) as [Evaluation['images'][number]];
  const { samples } = await readSplit(join(phantoms, modality), 'test');
  const { imagePath, maskPath } = samples.find((sample) => sample.name === name) as (typeof samples)[number];
  const image = await readImage(imagePath);
  const maskOf = async (path: string) =>
    Uint8Array.from(resizeNearest(await readImage(path, 'gray'), image.width, image.height).data, (v) =>
      v > 127 ? 1 : 0,
    );
  const predicted = await maskOf(join(out, modality, 'masks', `${name}.png`));
  return [image, overlayImage(image, { mask: await maskOf(maskPath) }), overlayImage(image, { mask: predicted })];
}

process.stdout.write('| images | flags | DSC | AUROC | ECE | Brier | risk-coverage |\n| - | - | - | - | - | - | - |\n');
const failures: RasterImage[][] = [];
for (const run of runs) {
  const result = await evaluate(run);
  process.stdout.write(`${row(run, result)}\n`);
  if (run.data !== kvasir) failures.push(await worst(run.folder, result));
}
await writePng(join(out, 'failures.png'), sideBySide(failures));

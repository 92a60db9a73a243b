// Measures mini: the tables of its card.
//   node --conditions=@medclipseg/source --import tsx tools/mini/src/measure.ts --data DATASETS --out OUT [--model mini] [--limit 100] [--phantoms 40]
//     [--samples 0] [--device auto] [--test-split] [--rows PATTERN]
// Uses the validation split. `--test-split` reads the test split of Kvasir and other phantoms instead: once, for the card. OUT gets `figures.json`, `table.md` and
// `failures.png`; rows that `figures.json` already has are not measured again. `--rows` measures only those whose name fits a regular expression.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MODALITIES, type RasterImage, resizeLinear } from '@medclipseg/datasets';
import { ASKED_BY, lesionNoun } from '@medclipseg/datasets/internal';
import { writeFileAtomically, writePng } from '@medclipseg/datasets/node';
import { MedCLIPSeg, overlayImage, sideBySide } from 'medclipseg';
import { bootstrapMean, CalibrationMeter, dice } from 'medclipseg/metrics';
import {
  type Case,
  denied,
  LAYOUTS,
  lesionFreeCases,
  mosaicCases,
  ownCases,
  ownPhantoms,
  phantomCases,
  reworded,
} from './cases.ts';

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    model: { type: 'string', default: 'mini' },
    limit: { type: 'string', default: '100' },
    phantoms: { type: 'string', default: '40' },
    samples: { type: 'string', default: '0' },
    device: { type: 'string', default: 'auto' },
    'test-split': { type: 'boolean', default: false },
    rows: { type: 'string', default: '' },
  },
});
if (!flags.data || !flags.out) throw new Error('measure.ts: expected --data and --out. Name both folders.');
const { data, out } = flags as { data: string; out: string };
const limit = Number(flags.limit);
const chosenRows = new RegExp(flags.rows);
const split = flags['test-split'] ? 'test' : 'val';
/** Side of the images of failures in pixels. */
const FAILURE_SIDE = 224;
/** Samples of the calibration row. */
const CALIBRATION_SAMPLES = 10;

/** Means over the cases of a row. All are shares, 0 to 1. */
interface Figures {
  readonly cases: number;
  readonly dsc: number;
  /** Bounds of the 95 % interval of the mean DSC. */
  readonly low: number;
  readonly high: number;
  /** Share of the other lesions that is marked. */
  readonly other?: number;
  /** How often the asked lesion is matched better than the others. */
  readonly chosen?: number;
  /** Intersection over union of the masks of two prompts for the same image. */
  readonly turned?: number;
  /** Marked share of the image, and how often nothing is marked. */
  readonly area: number;
  readonly empty: number;
  /** The prompt of the case with the lowest Dice. */
  readonly worst?: string;
  readonly calibration?: {
    readonly ece: number;
    readonly auroc: number;
    readonly risk: number;
    readonly random: number;
  };
}

await mkdir(out, { recursive: true });
const file = join(out, 'figures.json');
const figures: Record<string, Figures> = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'));
const model = await MedCLIPSeg.fromPretrained(flags.model, { device: flags.device as 'auto' });

const mean = (list: readonly number[]): number =>
  list.reduce((sum, value) => sum + value, 0) / Math.max(1, list.length);
const count = (mask: Uint8Array): number => mask.reduce((sum, value) => sum + value, 0);
const overlap = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, value, k) => sum + (value & (b[k] as number)), 0);

/** The case with the lowest Dice, for the image of failures. */
let worst: { readonly dsc: number; readonly prompt: string; readonly images: readonly RasterImage[] } | undefined;

async function measure(
  cases: readonly Case[],
  { samples = Number(flags.samples), calibrate = false } = {},
): Promise<Figures> {
  const [dsc, other, chosen, turned, area]: number[][] = [[], [], [], [], []];
  const masks = new Map<string, Uint8Array[]>();
  const meter = new CalibrationMeter();
  worst = undefined;
  for (const { image, prompt, asked, other: not, group } of cases) {
    const { mask, probability } = await model.segment(image, prompt, { samples });
    const score = dice(mask, asked, { smooth: 1e-7 });
    dsc?.push(score);
    area?.push(count(mask) / mask.length);
    if (not) {
      other?.push(overlap(mask, not) / Math.max(1, count(not)));
      chosen?.push(score > dice(mask, not, { smooth: 1e-7 }) ? 1 : 0);
    }
    if (group) {
      for (const before of masks.get(group) ?? [])
        turned?.push(overlap(before, mask) / Math.max(1, count(before) + count(mask) - overlap(before, mask)));
      masks.set(group, [...(masks.get(group) ?? []), mask]);
    }
    if (calibrate) meter.add(probability, asked);
    if (!worst || score < worst.dsc)
      worst = {
        dsc: score,
        prompt,
        images: [image, overlayImage(image, { mask: asked }), overlayImage(image, { mask })].map((shown) =>
          resizeLinear(shown, FAILURE_SIDE, FAILURE_SIDE),
        ),
      };
  }
  const interval = bootstrapMean(dsc as number[]);
  const { selective, reliability } = calibrate ? meter.result() : {};
  return {
    cases: cases.length,
    dsc: mean(dsc as number[]),
    low: interval.low,
    high: interval.high,
    ...(other?.length && { other: mean(other), chosen: mean(chosen as number[]) }),
    ...(turned?.length && { turned: mean(turned) }),
    area: mean(area as number[]),
    empty: mean((area as number[]).map((share) => (share === 0 ? 1 : 0))),
    ...(worst && { worst: worst.prompt }),
    ...(selective &&
      reliability && {
        calibration: {
          ece: reliability.expectedCalibrationError,
          auroc: selective.errorAuroc,
          risk: selective.area,
          random: selective.areaOfRandomOrder,
        },
      }),
  };
}

const failures: (readonly RasterImage[])[] = [];
const progress = (text: string) => process.stderr.write(`${text}\n`);

/** Measures a row, unless it is known or has no cases: all lesions of X-ray phantoms are small. */
async function row(
  name: string,
  make: () => readonly Case[] | Promise<readonly Case[]>,
  options?: Parameters<typeof measure>[1],
): Promise<void> {
  if (figures[name] || !chosenRows.test(name)) return;
  const cases = await make();
  if (cases.length === 0) return;
  const started = performance.now();
  figures[name] = await measure(cases, options);
  if (worst && worst.dsc < 1 && cases.some(({ asked }) => asked.includes(1))) failures.push(worst.images);
  await writeFileAtomically(file, `${JSON.stringify(figures, undefined, 1)}\n`);
  progress(`${name}: ${cases.length} cases in ${Math.round((performance.now() - started) / 1000)} s`);
}

const kvasir = await ownCases(join(data, 'Kvasir'), split, limit);
const noun = (prompt: string): string => lesionNoun(prompt)?.noun ?? prompt;
const placeless = (prompt: string): string => prompt.replace(/,? located in .* of the image/, ' in the image');

await row('Kvasir, own prompts', () => kvasir);
await row(`Kvasir, ${CALIBRATION_SAMPLES} samples`, () => kvasir, { samples: CALIBRATION_SAMPLES, calibrate: true });
await row('ISIC validation, own prompts', () => ownCases(join(data, 'ISIC'), 'val', limit));
await row('prompt: without the place', () => reworded(kvasir, placeless));
await row('prompt: "polyp"', () => reworded(kvasir, noun));
await row("prompt: another image's", () => reworded(kvasir, (_, i) => kvasir[(i + 17) % kvasir.length]?.prompt ?? ''));
if (split === 'test')
  for (const design of ['missing_location', 'overdescriptive', 'underdescriptive', 'contradictory'] as const)
    await row(`prompt: ${design}`, () => ownCases(join(data, 'Kvasir'), split, limit, design));
await row('lesion-free crops: "polyp"', () => lesionFreeCases(kvasir, 'polyp'));
await row("lesion-free crops: an image's prompt", () =>
  reworded(lesionFreeCases(kvasir, 'polyp'), (_, i) => kvasir[i]?.prompt ?? 'polyp'),
);
await row('"no polyp in the image"', () => denied(kvasir, 'no polyp in the image'));
for (const layout of Object.keys(LAYOUTS) as (keyof typeof LAYOUTS)[])
  await row(`mosaics: ${layout}`, () => mosaicCases(kvasir, layout).slice(0, 2 * limit));
if (Number(flags.phantoms) > 0)
  for (const modality of MODALITIES)
    await row(`phantoms: ${modality}`, () => ownPhantoms(modality, Number(flags.phantoms), split));
if (Number(flags.phantoms) > 0)
  for (const modality of MODALITIES)
    for (const by of ASKED_BY)
      await row(`${modality} phantoms, by ${by}`, () => phantomCases(modality, by, Number(flags.phantoms), split));

const percent = (value: number | undefined): string => (value === undefined ? '' : (100 * value).toFixed(1));
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '-'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const listed = (test: (name: string) => boolean) => Object.entries(figures).filter(([name]) => test(name));
const listening = /mosaics|phantoms, by/;
const nothing = /lesion-free|^"no/;
const tables = [
  table(
    ['images and prompts', 'cases', 'DSC in % (95 % interval)'],
    listed((name) => !listening.test(name) && !nothing.test(name)).map(([name, { cases, dsc, low, high }]) => [
      name,
      `${cases}`,
      `${percent(dsc)} (${percent(low)} to ${percent(high)})`,
    ]),
  ),
  table(
    ['several lesions, one asked for', 'cases', 'asked DSC', 'other covered', 'right one chosen', 'IoU of two prompts'],
    listed((name) => listening.test(name)).map(([name, { cases, dsc, other, chosen, turned }]) => [
      name,
      `${cases}`,
      ...[dsc, other, chosen, turned].map(percent),
    ]),
  ),
  table(
    ['nothing there', 'cases', 'marked area', 'nothing marked'],
    listed((name) => nothing.test(name)).map(([name, { cases, area, empty }]) => [
      name,
      `${cases}`,
      ...[area, empty].map(percent),
    ]),
  ),
  table(
    ['calibration', 'ECE', 'AUROC', 'risk-coverage (random)'],
    listed((name) => figures[name]?.calibration !== undefined).map(([name, { calibration: c }]) => [
      name,
      ...[c?.ece, c?.auroc].map((value) => (value ?? 0).toFixed(3)),
      `${c?.risk.toFixed(4)} (${c?.random.toFixed(4)})`,
    ]),
  ),
].join('\n\n');
await writeFileAtomically(join(out, 'table.md'), `${tables}\n`);
if (failures.length > 0) await writePng(join(out, 'failures.png'), sideBySide(failures.map((images) => [...images])));
process.stdout.write(`${tables}\n`);
model.dispose();

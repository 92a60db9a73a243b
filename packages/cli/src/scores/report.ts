// The HTML report of a run: picks the worst and best cases and draws them from the files of the run.
import { type MaskReading, type RasterImage, resizeNearest } from '@medclipseg/datasets';
import { readImage, readMaskFile, writeFileAtomically } from '@medclipseg/datasets/node';
import { uncertaintyImage } from 'medclipseg';
import { binaryEntropy, type Evaluation } from 'medclipseg/metrics';
import { agreementImage, htmlReport, type ReportCase, type ReportImage, type ReportOptions } from 'medclipseg/report';
import sharp from 'sharp';
import { binaryMask } from './masks.ts';
import { probabilityAt, readProbability } from './probabilities.ts';

/** Images in the report are at most this wide or high. */
const SIDE = 360;
const WORST = 5;
const BEST = 3;

/** The files of a case. */
export interface CaseFiles {
  readonly truth: string;
  readonly prediction: string;
  /** How the masks are read; the published threshold by default. */
  readonly truthReading?: MaskReading;
  readonly predictionReading?: MaskReading;
  readonly image?: string;
  readonly probability?: string;
  readonly prompt?: string;
}

async function embedded({ width, height, channels, data }: RasterImage): Promise<string> {
  const bytes = await sharp(data, { raw: { width, height, channels } }).jpeg({ quality: 82 }).toBuffer();
  return `data:image/jpeg;base64,${bytes.toString('base64')}`;
}

/** The image at the size of the report, or black where there is none. */
async function background(path: string | undefined, width: number, height: number): Promise<RasterImage> {
  if (!path) return { width, height, channels: 3, data: new Uint8Array(width * height * 3) };
  const image = await readImage(path);
  const { data } = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .resize(width, height, { fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width, height, channels: 3, data };
}

async function draw(name: string, files: CaseFiles): Promise<ReportCase> {
  const gray = await readMaskFile(files.truth, files.truthReading);
  const scale = Math.min(1, SIDE / Math.max(gray.width, gray.height));
  const [width, height] = [gray.width, gray.height].map((n) => Math.max(1, Math.round(n * scale))) as [number, number];
  const mask = (raster: RasterImage) => binaryMask(resizeNearest(raster, width, height));
  const [truth, prediction] = [mask(gray), mask(await readMaskFile(files.prediction, files.predictionReading))];
  const image = await background(files.image, width, height);
  const images: ReportImage[] = [];
  const show = async (title: string, image: RasterImage) => images.push({ title, source: await embedded(image) });
  if (files.image) await show('Image', image);
  await show('True mask', agreementImage(image, truth, truth));
  await show('Prediction', agreementImage(image, truth, prediction));
  if (files.probability) {
    const uncertainty = probabilityAt(await readProbability(files.probability), truth).map(binaryEntropy);
    await show('Uncertainty', uncertaintyImage({ width, height, uncertainty }));
  }
  return { name, prompt: files.prompt, images };
}

/** Writes the report. */
export async function writeReport(
  path: string,
  evaluation: Evaluation,
  filesOf: (name: string) => CaseFiles,
  options: Omit<ReportOptions, 'worst' | 'best'>,
): Promise<void> {
  const names = [...evaluation.images].sort((a, b) => a.dsc - b.dsc).map(({ name }) => name);
  const half = Math.ceil(names.length / 2);
  const worst = names.slice(0, Math.min(WORST, half));
  const best = names.slice(Math.max(half, names.length - BEST)).reverse();
  const cases = async (chosen: readonly string[]) => {
    const drawn: ReportCase[] = [];
    for (const name of chosen) drawn.push(await draw(name, filesOf(name)));
    return drawn;
  };
  await writeFileAtomically(
    path,
    htmlReport(evaluation, { ...options, worst: await cases(worst), best: await cases(best) }),
  );
}

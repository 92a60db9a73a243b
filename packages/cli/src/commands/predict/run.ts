// medclipseg predict: one image, one prompt or several named ones, a folder of maps and a report.
import { mkdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { RasterImage } from '@medclipseg/datasets';
import { readImage, removeLeftovers, writeFileAtomically } from '@medclipseg/datasets/node';
import { CLASS_COLORS, MAXIMUM_ENTROPY, type MedCLIPSeg, type Segmentation, type SegmentOptions } from 'medclipseg';
import {
  type BackendFlag,
  type ModelFlags,
  type SamplingFlags,
  samplingOptions,
  VERSION,
  wholeNumber,
  windowSetting,
} from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { writeClassMaps, writeMaps } from '../../maps.ts';
import { openModel, useBackend } from '../../open-model.ts';
import { classesOf, thresholdOf } from './classes.ts';

export interface PredictOptions extends SamplingFlags, ModelFlags, BackendFlag {
  readonly prompt?: string;
  readonly class: readonly string[];
  readonly threshold?: string;
  readonly interpolation: string;
  readonly model: string;
  readonly out: string;
  readonly page?: string;
  readonly volume?: string;
  readonly window?: string;
  readonly splitUncertainty?: boolean;
  readonly json?: boolean;
}

const mean = (map: Float32Array): number => map.reduce((sum, v) => sum + v, 0) / map.length;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** The outcome of a prediction: numbers for the report, a line for people, and the files. */
interface Outcome {
  readonly numbers: Readonly<Record<string, unknown>>;
  readonly line: string;
  readonly files: Readonly<Record<string, string>>;
}

type Segment = Omit<SegmentOptions, 'onSample'>;

/** Numbers of a map with `pixels` pixels of foreground. */
const measured = ({ samples, uncertainty }: Segmentation, pixels: number) => ({
  samples,
  foregroundPixels: pixels,
  foregroundShare: pixels / uncertainty.length,
  meanUncertainty: mean(uncertainty),
});

async function segmentOne(
  model: MedCLIPSeg,
  image: RasterImage,
  prompt: string,
  options: Segment,
  write: (result: Segmentation) => Promise<Record<string, string>>,
): Promise<Outcome> {
  const result = await model.segment(image, prompt, options);
  const numbers = measured(
    result,
    result.mask.reduce((sum, v) => sum + v, 0),
  );
  const line = `${percent(numbers.foregroundShare)} of the image, ${result.samples} samples`;
  return { numbers: { prompt: prompt, ...numbers }, line, files: await write(result) };
}

async function segmentClasses(
  model: MedCLIPSeg,
  image: RasterImage,
  classes: Readonly<Record<string, string>>,
  { threshold, ...options }: Segment & { readonly threshold?: number },
  write: (map: Awaited<ReturnType<MedCLIPSeg['label']>>) => Promise<Record<string, string>>,
): Promise<Outcome> {
  const map = await model.label(image, classes, { threshold, ...options });
  const found = map.classes.map((name, i) => {
    const pixels = map.labels.reduce((sum, label) => sum + (label === i + 1 ? 1 : 0), 0);
    const color = CLASS_COLORS[i % CLASS_COLORS.length];
    const result = map.segmentations.get(name) as Segmentation;
    return { label: i + 1, name, prompt: classes[name], color, ...measured(result, pixels) };
  });
  const lines = found.map(({ label, name, foregroundShare }) => `${label} ${name}: ${percent(foregroundShare)}`);
  const drawn = found.map(({ samples }) => samples).join(' + ');
  return { numbers: { classes: found }, line: [...lines, `${drawn} samples`].join('\n'), files: await write(map) };
}

export async function predict(imagePath: string, options: PredictOptions, signal: AbortSignal): Promise<void> {
  const sampling = samplingOptions(options);
  const { interpolation, prompt } = options;
  if (interpolation !== 'bilinear' && interpolation !== 'nearest')
    throw new UsageError('--interpolation', 'bilinear or nearest', `'${interpolation}'`, 'Choose one of them.');
  const classes = classesOf(prompt, options.class);
  const threshold = thresholdOf(options.threshold, classes !== undefined);
  const image = await readImage(imagePath, 'color', {
    page: options.page === undefined ? undefined : wholeNumber('--page', options.page),
    volume: options.volume === undefined ? undefined : wholeNumber('--volume', options.volume),
    window: options.window === undefined ? undefined : windowSetting(options.window),
    onWarning: (message) => process.stderr.write(`${message}\n`),
  });
  const backend = await useBackend(options);
  const model = await openModel(options.model, options, signal);
  const how = { ...sampling, interpolation, signal } as const;
  const place = { out: options.out, name: basename(imagePath, extname(imagePath)) };
  const { splitUncertainty } = options;
  let seconds = 0;
  const started = performance.now();
  /** Creates the folder only when there is something to write. */
  const timed =
    <T>(write: (result: T) => Promise<Record<string, string>>) =>
    async (result: T) => {
      seconds = (performance.now() - started) / 1000;
      await mkdir(options.out, { recursive: true });
      await removeLeftovers(options.out);
      return write(result);
    };
  const { numbers, line, files } = await (classes
    ? segmentClasses(
        model,
        image,
        classes,
        { threshold, ...how },
        timed((map) => writeClassMaps(place, image, map)),
      )
    : segmentOne(
        model,
        image,
        prompt as string,
        how,
        timed((result) => writeMaps(place, image, result, splitUncertainty)),
      )
  ).finally(() => model.dispose());

  const report = {
    notice: 'For research only, not a medical device.',
    version: VERSION,
    node: process.version,
    image: imagePath,
    size: [image.width, image.height],
    model: model.info.path,
    backend,
    sampling,
    interpolation,
    threshold,
    seconds: Number(seconds.toFixed(3)),
    ...numbers,
    uncertaintyScale: [0, MAXIMUM_ENTROPY],
    files,
  };
  await writeFileAtomically(join(options.out, `${place.name}-report.json`), `${JSON.stringify(report, null, 2)}\n`);
  const paths = Object.values(files).map((file) => join(options.out, file));
  process.stdout.write(
    options.json ? `${JSON.stringify(report)}\n` : `${line} in ${seconds.toFixed(1)} s\n${paths.join('\n')}\n`,
  );
}

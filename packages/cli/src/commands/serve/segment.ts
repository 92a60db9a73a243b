// One request in its turn: decodes the image, runs the model, and writes the answer.
import { describeImage, type PixelSpacing, type RasterImage, sniffFormat } from '@medclipseg/datasets';
import type { DecodingThread } from '@medclipseg/datasets/node';
import { CLASS_COLORS, MAXIMUM_ENTROPY, type MedCLIPSeg, type Segmentation, unknownPrompt } from 'medclipseg';
import { ResultMeter } from 'medclipseg/metrics';
import { VERSION } from '../../command.ts';
import { classDrawings, type Drawings, mapDrawings } from '../../maps.ts';
import type { SegmentRequest } from './form.ts';
import { areaOf, describeMask, type MapBytes, type Outcome, type ServedModel } from './outcome.ts';
import { type Answer, type Output, writeAnswer } from './output.ts';
import { RequestError } from './problem.ts';
import { segmentVolume } from './volume.ts';

/** Maps of a prompt, the default ones first. */
const MAPS = [
  'mask',
  'probability',
  'uncertainty',
  'uncertainty-color',
  'uncertainty-expected',
  'uncertainty-mutual',
  'overlay',
];

/** Maps of a volume. */
const VOLUME_MAPS = MAPS.slice(0, 3);

/** Maps of classes, and whether each class has one of its own, such as `2-probability`. */
const CLASS_MAPS: Readonly<Record<string, boolean>> = {
  labels: false,
  probability: true,
  uncertainty: true,
  overlay: false,
};

/**
 * The names of the maps that a request asks for; `probability` and `uncertainty` mean those of every class.
 *
 * @throws {RequestError} for names that no map has, and for several where the answer is one map
 */
export function chooseMaps(request: SegmentRequest, output: Output): string[] {
  const { maps, classes, slices, axis } = request;
  const volume = isVolume(request);
  if (!volume && (slices ?? axis) !== undefined)
    throw new RequestError(
      400,
      slices === undefined ? 'axis' : 'slices',
      'a NIfTI volume',
      'an image',
      'Leave it out, or send a NIfTI file without `page`.',
    );
  const numbers = Object.keys(classes ?? {}).map((_, i) => i + 1);
  const known = classes
    ? Object.entries(CLASS_MAPS)
        .filter(([name]) => !(volume && name === 'overlay'))
        .flatMap(([name, isOfClass]) => (isOfClass ? numbers.map((n) => `${n}-${name}`) : [name]))
    : volume
      ? VOLUME_MAPS
      : MAPS;
  const defaults = classes ? ['labels', 'probability', 'uncertainty'] : VOLUME_MAPS;
  const names = maps ?? (output === 'map' ? defaults.slice(0, 1) : defaults);
  const chosen = names.flatMap((name) => {
    if (classes && CLASS_MAPS[name]) return numbers.map((n) => `${n}-${name}`);
    if (known.includes(name)) return [name];
    throw new RequestError(400, 'maps', known.join(', '), `'${name}'`, 'Name some of them.');
  });
  if (output === 'map' && chosen.length !== 1)
    throw new RequestError(400, 'maps', 'one map for this form of answer', `${chosen.length}`, 'Ask for json or zip.');
  return [...new Set(chosen)];
}

const asPng = (drawings: Drawings): Outcome['maps'] =>
  Object.fromEntries(Object.entries(drawings).map(([name, write]) => [name, { format: 'png', write }]));

/** Figures and warnings of one mask of an image. */
function described(segmentation: Segmentation, mask: Uint8Array, spacing: PixelSpacing | undefined) {
  const { width, height, probability, uncertainty, samples } = segmentation;
  const meter = new ResultMeter();
  meter.add({ width, height, mask, probability, uncertainty });
  const { numbers, warnings } = describeMask(meter.result(), samples);
  return { numbers: { ...numbers, ...areaOf(numbers.foregroundPixels, spacing) }, warnings };
}

type Options = SegmentRequest['sampling'] & { readonly threshold?: number; readonly signal: AbortSignal };

async function segmentPrompt(
  model: MedCLIPSeg,
  image: RasterImage,
  prompt: string,
  options: Options,
  spacing: PixelSpacing | undefined,
): Promise<Omit<Outcome, 'size'>> {
  const result = await model.segment(image, prompt, options);
  const { numbers, warnings } = described(result, result.mask, spacing);
  return { numbers: { prompt, ...numbers }, warnings, maps: asPng(mapDrawings(image, result, true)) };
}

async function segmentClasses(
  model: MedCLIPSeg,
  image: RasterImage,
  classes: Readonly<Record<string, string>>,
  options: Options,
  spacing: PixelSpacing | undefined,
): Promise<Omit<Outcome, 'size'>> {
  const map = await model.label(image, classes, options);
  const found = map.classes.map((name, i) => {
    const mask = map.labels.map((label) => (label === i + 1 ? 1 : 0));
    const { numbers, warnings } = described(map.segmentations.get(name) as Segmentation, mask, spacing);
    const color = CLASS_COLORS[i % CLASS_COLORS.length];
    return {
      numbers: { label: i + 1, name, prompt: classes[name], color, ...numbers },
      warnings: warnings.map((text) => `${name}: ${text}`),
    };
  });
  return {
    numbers: { classes: found.map(({ numbers }) => numbers) },
    warnings: found.flatMap(({ warnings }) => warnings),
    maps: asPng(classDrawings(image, map)),
  };
}

/** What the server has for each of its requests. */
export interface Means {
  /** Larger images are refused. */
  readonly mostPixels: number;
  /** Decodes while other requests are answered. */
  readonly decoder: Pick<DecodingThread, 'decode'>;
  readonly signal: AbortSignal;
}

async function segmentImage(
  { model }: ServedModel,
  request: SegmentRequest,
  { mostPixels, decoder, signal }: Means,
): Promise<Outcome> {
  const notes: string[] = [];
  const image = await decoder.decode(request.image, {
    ...request.reading,
    signal,
    as: 'color',
    name: 'image',
    onWarning: (message) => notes.push(message),
  });
  const { width, height } = image;
  if (width * height > mostPixels)
    throw new RequestError(
      413,
      'image',
      `at most ${mostPixels} pixels`,
      `${width}x${height}`,
      'Scale it down or cut it.',
    );
  signal.throwIfAborted();
  const { spacing, notes: assumed = [] } = await describeImage(request.image);
  const { prompt, classes, threshold, sampling } = request;
  const { numbers, warnings, maps } = classes
    ? await segmentClasses(model, image, classes, { ...sampling, threshold, signal }, spacing)
    : await segmentPrompt(model, image, prompt as string, { ...sampling, signal }, spacing);
  return {
    size: [width, height],
    numbers: { ...(spacing && { spacing: [spacing.x, spacing.y] }), ...numbers },
    warnings: [...warnings, ...new Set([...notes.map((note) => note.replace('image: ', '')), ...assumed])],
    maps,
  };
}

/** Whether an upload is segmented as a volume: a NIfTI file of which no slice is chosen as an image. */
export const isVolume = ({ image, reading }: Pick<SegmentRequest, 'image' | 'reading'>): boolean =>
  sniffFormat(image) === 'nifti' && reading.page === undefined;

/**
 * Segments the image of a request. The result is that of `medclipseg predict` with the same image, prompt and options.
 *
 * @throws {RequestError}, {@link ImageError} and {@link ArgumentError} for what cannot be segmented
 */
export async function answerRequest(
  served: ServedModel,
  request: SegmentRequest,
  output: Output,
  means: Means,
): Promise<Answer> {
  const { mostPixels, signal } = means;
  const chosen = chooseMaps(request, output);
  const started = performance.now();
  const outcome = isVolume(request)
    ? await segmentVolume(served, request, { mostVoxels: mostPixels, signal })
    : await segmentImage(served, request, means);
  const seconds = (performance.now() - started) / 1000;
  signal.throwIfAborted();
  const prompts = request.classes ? Object.values(request.classes) : [request.prompt as string];
  const unknown = [...new Set(prompts)].flatMap((text) => unknownPrompt(text, served.info) ?? []);
  const { interpolation = 'bilinear', ...options } = request.sampling;
  const report = {
    notice: 'For research only, not a medical device.',
    version: VERSION,
    model: served.name,
    backend: served.backend,
    size: outcome.size,
    sampling: options,
    interpolation,
    threshold: request.threshold,
    seconds: Number(seconds.toFixed(3)),
    ...outcome.numbers,
    warnings: [...unknown, ...outcome.warnings],
    uncertaintyScale: [0, MAXIMUM_ENTROPY],
  };
  return writeAnswer(output, report, Object.fromEntries(chosen.map((name) => [name, outcome.maps[name] as MapBytes])));
}

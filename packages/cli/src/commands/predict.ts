// medclipseg predict: one image, one sentence, a folder of maps and a report.
import { mkdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { readImage, writePng, writeWhole } from '@medclipseg/datasets/node';
import { MAXIMUM_ENTROPY, MedCLIPSeg, overlayPicture, type Segmentation, uncertaintyPicture } from 'medclipseg';
import { useBackend } from '../backend.ts';
import type { ModelFlags } from '../model-flags.ts';
import { wholeNumber } from '../numbers.ts';
import { openModel } from '../open-model.ts';
import { type SamplingFlags, samplingOptions } from '../sampling.ts';
import { VERSION } from '../version.ts';

export interface PredictOptions extends SamplingFlags, ModelFlags {
  readonly prompt: string;
  readonly model: string;
  readonly out: string;
  readonly page?: string;
  readonly splitUncertainty?: boolean;
  readonly backend: string;
  readonly json?: boolean;
}

/** 16-bit values of a map whose largest possible value is `most`. */
const sixteenBit = (map: Float32Array, most: number): Uint16Array =>
  Uint16Array.from(map, (v) => Math.round((Math.min(v, most) / most) * 65535));

export async function predict(imagePath: string, options: PredictOptions, signal: AbortSignal): Promise<void> {
  const sampling = samplingOptions(options);
  const page = options.page === undefined ? undefined : wholeNumber('--page', options.page);
  const image = await readImage(imagePath, 'color', { page });
  const backend = await useBackend(options.backend);
  const { network, tokenizer, path } = await openModel(options.model, options);
  const model = new MedCLIPSeg(network, tokenizer);
  const started = performance.now();
  const result = await model.segment(image, options.prompt, { ...sampling, signal });
  const seconds = (performance.now() - started) / 1000;
  model.dispose();

  await mkdir(options.out, { recursive: true });
  const name = basename(imagePath, extname(imagePath));
  const files = await writeMaps(options.out, name, image, result, options.splitUncertainty);
  const foreground = result.mask.reduce((sum, v) => sum + v, 0);
  const report = {
    notice: 'For research only, not a medical device.',
    version: VERSION,
    node: process.version,
    image: imagePath,
    size: [result.width, result.height],
    prompt: options.prompt,
    model: path,
    backend,
    sampling,
    samples: result.samples,
    seconds: Number(seconds.toFixed(3)),
    foregroundPixels: foreground,
    foregroundShare: foreground / result.mask.length,
    meanUncertainty: result.uncertainty.reduce((sum, v) => sum + v, 0) / result.uncertainty.length,
    uncertaintyScale: [0, MAXIMUM_ENTROPY],
    files,
  };
  await writeWhole(join(options.out, `${name}-report.json`), `${JSON.stringify(report, null, 2)}\n`);
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else
    process.stdout.write(
      `${(100 * report.foregroundShare).toFixed(1)} % of the image, ${result.samples} samples in ${seconds.toFixed(1)} s\n${Object.values(
        files,
      )
        .map((file) => join(options.out, file))
        .join('\n')}\n`,
    );
}

async function writeMaps(
  out: string,
  name: string,
  image: Awaited<ReturnType<typeof readImage>>,
  result: Segmentation,
  splitUncertainty = false,
): Promise<Record<string, string>> {
  const { width, height } = result;
  const entropy = (map: Float32Array) =>
    ({ width, height, channels: 1, data: sixteenBit(map, MAXIMUM_ENTROPY) }) as const;
  const pictures = {
    mask: { width, height, channels: 1, data: result.mask.map((v) => v * 255) },
    probability: { width, height, channels: 1, data: sixteenBit(result.probability, 1) },
    uncertainty: entropy(result.uncertainty),
    ...(splitUncertainty && {
      'uncertainty-expected': entropy(result.expectedEntropy),
      'uncertainty-mutual': entropy(result.mutualInformation),
    }),
    'uncertainty-color': uncertaintyPicture(result),
    overlay: overlayPicture(image, result),
  } as const;
  const files: Record<string, string> = {};
  for (const [kind, pixels] of Object.entries(pictures)) {
    files[kind] = `${name}-${kind}.png`;
    await writePng(join(out, files[kind]), pixels);
  }
  return files;
}

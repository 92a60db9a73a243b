// A thread that prepares the samples and decodes the images that it is asked for.
import { parentPort } from 'node:worker_threads';
import { decodeImage } from '../images/decode-node.ts';
import type { DecodeOptions } from '../images/decoder.ts';
import type { RasterImage } from '../images/raster.ts';
import { surveyMasks } from '../masks/folder.ts';
import { type PackedSurvey, packSurvey } from '../masks/survey.ts';
import type { GrayWindow } from '../scans/window.ts';
import { type PreparedSample, type PrepareTask, prepareSample } from './prepare.ts';
import type { SamplePixels } from './sample.ts';

export interface DecodeTask {
  readonly bytes: Uint8Array;
  readonly options: Omit<DecodeOptions, 'onWarning' | 'onWindow'>;
}

export interface DecodedImage {
  readonly image: RasterImage;
  readonly warnings: readonly string[];
  readonly window: GrayWindow | undefined;
}

/** What a thread can be asked for, and what it answers. */
export interface Tasks {
  /** Paths of mask files. */
  readonly survey: readonly string[];
  readonly prepare: PrepareTask;
  readonly decode: DecodeTask;
}

export interface Results {
  readonly survey: readonly PackedSurvey[];
  readonly prepare: PreparedSample;
  readonly decode: DecodedImage;
}

export type WorkerRequest = {
  readonly [K in keyof Tasks]: { readonly id: number; readonly kind: K; readonly task: Tasks[K] };
}[keyof Tasks];

/** A result, or the error that came instead. */
export interface WorkerAnswer {
  readonly id: number;
  readonly result?: Results[keyof Results];
  readonly error?: unknown;
}

/** The same pixels in memory that threads share, so that a cached sample is never copied between them. */
function shared(image: RasterImage): RasterImage {
  if (image.data.buffer instanceof SharedArrayBuffer) return image;
  const data = new Uint8Array(new SharedArrayBuffer(image.data.length));
  data.set(image.data);
  return { ...image, data };
}

const sharedPixels = ({ image, mask }: SamplePixels): SamplePixels => ({ image: shared(image), mask: shared(mask) });

async function prepare(task: PrepareTask): Promise<PreparedSample> {
  const { pixels, partnerPixels, ...sample } = await prepareSample(task);
  return {
    ...sample,
    pixels: sharedPixels(pixels),
    ...(partnerPixels && { partnerPixels: sharedPixels(partnerPixels) }),
  };
}

async function decode({ bytes, options }: DecodeTask): Promise<DecodedImage> {
  const warnings: string[] = [];
  let window: GrayWindow | undefined;
  const image = await decodeImage(bytes, {
    ...options,
    onWarning: (message) => warnings.push(message),
    onWindow: (found) => {
      window = found;
    },
  });
  return { image, warnings, window };
}

const answer = (message: WorkerAnswer, transfer: ArrayBufferLike[] = []): void =>
  parentPort?.postMessage(message, transfer as ArrayBuffer[]);

parentPort?.on('message', async ({ id, kind, task }: WorkerRequest) => {
  try {
    if (kind === 'decode') return answer({ id, result: await decode(task) });
    if (kind === 'survey') return answer({ id, result: (await surveyMasks(task)).map(packSurvey) });
    const result = await prepare(task);
    answer({ id, result }, [result.image.buffer, result.mask.buffer]);
  } catch (error) {
    // An error loses its class on the way; its fields, such as `tag`, are sent with it.
    const fields = error instanceof Error ? { ...error, name: error.name, message: error.message } : undefined;
    answer({ id, error: fields ?? String(error) });
  }
});

// A loading thread: prepares the samples that it is asked for.
import { parentPort } from 'node:worker_threads';
import type { RasterImage } from '../images/raster.ts';
import { type PreparedSample, type PrepareTask, prepareSample } from './prepare.ts';
import type { SamplePixels } from './sample.ts';

/** What a thread is asked, and what it answers: a sample or the error that came instead. */
export interface WorkerRequest {
  readonly id: number;
  readonly task: PrepareTask;
}

export interface WorkerAnswer {
  readonly id: number;
  readonly prepared?: PreparedSample;
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

parentPort?.on('message', async ({ id, task }: WorkerRequest) => {
  try {
    const { pixels, partnerPixels, ...sample } = await prepareSample(task);
    const prepared = {
      ...sample,
      pixels: sharedPixels(pixels),
      ...(partnerPixels && { partnerPixels: sharedPixels(partnerPixels) }),
    };
    const { image, mask } = sample;
    parentPort?.postMessage({ id, prepared } satisfies WorkerAnswer, [image.buffer, mask.buffer] as ArrayBuffer[]);
  } catch (error) {
    // An error loses its class on the way; its fields, such as `tag`, are sent with it.
    const fields = error instanceof Error ? { ...error, name: error.name, message: error.message } : undefined;
    parentPort?.postMessage({ id, error: fields ?? String(error) } satisfies WorkerAnswer);
  }
});

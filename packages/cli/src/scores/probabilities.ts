// Probability maps on disk: 16-bit PNG, 65535 is certain foreground.
import { writePng } from '@medclipseg/datasets/node';
import { type MaskImage, resizeMap } from 'medclipseg/metrics';
import sharp from 'sharp';
import { UsageError } from '../errors.ts';

const STEPS = 65535;

export interface ProbabilityMap {
  readonly width: number;
  readonly height: number;
  /** 0 to 1, row-major. */
  readonly data: Float32Array;
}

/** A map in the steps of its file, so that figures do not depend on whether it was read back. */
export const rounded = (map: ProbabilityMap): ProbabilityMap => ({
  ...map,
  data: map.data.map((p) => Math.round(p * STEPS) / STEPS),
});

export const writeProbability = (path: string, { width, height, data }: ProbabilityMap): Promise<void> =>
  writePng(path, { width, height, channels: 1, data: Uint16Array.from(data, (p) => Math.round(p * STEPS)) });

/** Reads a gray map of 16 or 8 bits. */
export async function readProbability(path: string): Promise<ProbabilityMap> {
  try {
    const image = sharp(path, { failOn: 'truncated' });
    const { depth } = await image.metadata();
    const wide = depth === 'ushort';
    const gray = image.toColourspace(wide ? 'grey16' : 'b-w').extractChannel(0);
    const { data, info } = await (wide ? gray.raw({ depth: 'ushort' }) : gray.raw()).toBuffer({
      resolveWithObject: true,
    });
    const values = wide ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
    return {
      width: info.width,
      height: info.height,
      data: Float32Array.from(values, (v) => v / (wide ? STEPS : 255)),
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new UsageError(path, 'a gray probability map', `${reason}`, 'Check or replace the file.');
  }
}

/** The probability of each pixel of the truth. */
export const probabilityAt = ({ width, height, data }: ProbabilityMap, truth: MaskImage): Float32Array =>
  resizeMap(data, [width, height], [truth.width, truth.height]);

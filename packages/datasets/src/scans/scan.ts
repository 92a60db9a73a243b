// What the DICOM and NIfTI readers share: facts of a scan, and refusals that become `ImageError`s with the file's name.
import { ImageError } from '../errors.ts';
import type { SliceOrder } from './orientation.ts';

/** Millimeters between the centers of neighboring pixels, along a row and down a column. */
export interface PixelSpacing {
  readonly x: number;
  readonly y: number;
}

export interface ScanFacts {
  /** Pages of a TIFF, frames of a DICOM file or slices of a NIfTI volume. */
  readonly pages: number;
  /** Volumes of a four-dimensional NIfTI file; absent if there is one. */
  readonly volumes?: number;
  readonly spacing?: PixelSpacing;
  /** Height over width of a pixel where it is not 1. Pixels are not resampled. */
  readonly pixelAspect?: number;
  /** How slices of a NIfTI volume are turned for display; `toFileOrder` turns results back. */
  readonly sliceOrder?: SliceOrder;
  /** What was assumed because the file does not say it. */
  readonly notes?: readonly string[];
}

/** The spacing, if both distances are positive numbers. */
export const spacingOf = (x: number | undefined, y: number | undefined): PixelSpacing | undefined =>
  Number.isFinite(x) && Number.isFinite(y) && (x as number) > 0 && (y as number) > 0
    ? { x: x as number, y: y as number }
    : undefined;

/** Why a file is not read; `naming` adds the file's name. */
export class Refusal extends Error {
  constructor(
    readonly expected: string,
    readonly actual: string,
    readonly remedy?: string,
  ) {
    super(`expected ${expected}, got ${actual}`);
  }
}

/** Runs a reader; its refusals become `ImageError`s of the file, and so does whatever a damaged file makes a parser or codec throw. */
export async function naming<T>(name: string, kind: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof Refusal)
      throw new ImageError(name, cause.expected, cause.actual, {
        cause,
        ...(cause.remedy && { remedy: cause.remedy }),
      });
    if (cause instanceof ImageError || (cause instanceof Error && cause.name === 'ArgumentError')) throw cause;
    throw new ImageError(name, `an intact ${kind} file`, 'damaged or incomplete data', { cause });
  }
}

/** The bytes as a plain array: a Node `Buffer` copies nothing where arrays copy. */
export const plainBytes = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** What a compressed block may claim without further proof: black images compress to almost nothing. */
const CLAIM_FLOOR = 1 << 25;

/** Refuses a header that claims more bytes than `present` bytes of compressed data can hold, before memory is allocated for them. */
export function checkClaim(claimed: number, present: number, ratio: number): void {
  if (claimed > Math.max(CLAIM_FLOOR, ratio * present))
    throw new Refusal(`enough data for ${claimed} bytes of pixels`, `${present} bytes`);
}

// What the DICOM and NIfTI readers share: the facts of a scan.
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

/** One value per pixel, row-major, before any window. */
export interface StoredImage {
  readonly width: number;
  readonly height: number;
  readonly values: ArrayLike<number>;
}

/** The spacing, if both distances are positive numbers. */
export const spacingOf = (x: number | undefined, y: number | undefined): PixelSpacing | undefined =>
  Number.isFinite(x) && Number.isFinite(y) && (x as number) > 0 && (y as number) > 0
    ? { x: x as number, y: y as number }
    : undefined;

/** A note about pixels that are not square. */
export const unequalPixels = (aspect: number): string =>
  `Pixels are ${Number(aspect.toPrecision(4))} times as high as wide and are shown as squares.`;

/** The bytes as a plain array: a Node `Buffer` copies nothing where arrays copy. */
export const plainBytes = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

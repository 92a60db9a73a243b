// Properties of an image file, read without decoding its pixels.
import type { ScanFacts } from '../scans/scan.ts';
import { type ImageFormat, sniffFormat } from './header.ts';
import { otherKind } from './kinds.ts';
import { refusal } from './refusal.ts';
import { readTiffPages } from './tiff/pages.ts';

/** Format, number of pages, frames or slices, and the pixel spacing if a scan has it. */
export interface ImageFacts extends ScanFacts {
  readonly format: ImageFormat;
}

async function factsOf(format: ImageFormat, bytes: Uint8Array): Promise<ScanFacts> {
  if (format === 'dicom') return (await import('../scans/dicom.ts')).describeDicom(bytes);
  if (format === 'nifti') return (await import('../scans/nifti.ts')).describeNifti(bytes);
  // The resolution in an image file is that of a printer or screen, not of the patient.
  return { pages: format === 'tiff' ? readTiffPages(bytes).length : 1 };
}

/**
 * Reads an image file's header: its format, how many pages there are to choose from, and the pixel spacing. Throws `ImageError`.
 *
 * @example
 * ```ts
 * console.log(await describeImage(bytes, { name: 'volume.nii.gz' }));
 * // { format: 'nifti', pages: 155, spacing: { x: 1, y: 1 } }
 * ```
 */
export async function describeImage(
  bytes: Uint8Array,
  { name = 'image' }: { readonly name?: string } = {},
): Promise<ImageFacts> {
  const format = sniffFormat(bytes);
  if (format === undefined) throw otherKind(bytes, name);
  try {
    return { format, ...(await factsOf(format, bytes)) };
  } catch (cause) {
    throw refusal(cause, name, `a whole ${format.toUpperCase()} header`);
  }
}

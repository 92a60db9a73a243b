// What an image file is, before its pixels are decoded.
import { ImageError } from '../errors.ts';
import type { ScanFacts } from '../scans/scan.ts';
import { type ImageFormat, sniffFormat } from './header.ts';
import { readTiffPages } from './tiff-pages.ts';

/** Format, number of pages, frames or slices, and the distance of pixels where a scan tells it. */
export interface ImageFacts extends ScanFacts {
  readonly format: ImageFormat;
}

async function factsOf(format: ImageFormat, bytes: Uint8Array, name: string): Promise<ScanFacts> {
  if (format === 'dicom') return (await import('../scans/dicom.ts')).describeDicom(bytes, name);
  if (format === 'nifti') return (await import('../scans/nifti.ts')).describeNifti(bytes, name);
  // Resolutions in picture files are those of a printer or a screen, not of the patient.
  return { pages: format === 'tiff' ? readTiffPages(bytes).length : 1 };
}

/** Reads what an image file's header tells: which `page` to choose among, and how large a pixel is. Throws `ImageError`. */
export async function describeImage(
  bytes: Uint8Array,
  { name = 'image' }: { readonly name?: string } = {},
): Promise<ImageFacts> {
  const format = sniffFormat(bytes);
  if (format === undefined)
    throw new ImageError(name, 'a PNG, JPEG, TIFF, WebP, BMP, DICOM or NIfTI file', 'bytes of another kind');
  try {
    return { format, ...(await factsOf(format, bytes, name)) };
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ImageError(name, `a whole ${format.toUpperCase()} header`, reason, { cause });
  }
}

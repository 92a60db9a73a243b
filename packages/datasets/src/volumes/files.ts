// Volumes on disk: opened from NIfTI files and DICOM series, written as NIfTI.
import { open, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { writeFileAtomically } from '../atomic.ts';
import { foundInstead, ImageError } from '../errors.ts';
import { decodeJpegImage, readPair } from '../images/decode-node.ts';
import { refusal } from '../images/refusal.ts';
import type { WindowSetting } from '../scans/window.ts';
import { type DicomFacts, dicomFacts, type SliceGroup } from './dicom-groups.ts';
import { openDicomVolume } from './dicom-volume.ts';
import { encodeNifti, type NiftiMapOptions } from './nifti-file.ts';
import { openNiftiVolume } from './nifti-volume.ts';
import type { Volume, VoxelMap } from './volume.ts';

export interface VolumeOptions {
  /** Values shown as black to white, for all slices; needed for CT that does not name one window itself. */
  readonly window?: WindowSetting;
  /** Volume of a four-dimensional NIfTI file, from 0. Needed where there are several. */
  readonly volume?: number;
  readonly signal?: AbortSignal;
  /** Name of a file that is given as bytes, for errors. */
  readonly name?: string;
}

/**
 * Opens a NIfTI file (its path, or its bytes), or the slices of a DICOM series ({@link groupSlices}), as a volume of gray or color slices. Throws `ImageError`.
 *
 * @example
 * ```ts
 * const volume = await openVolume('scan.nii.gz');
 * console.log(volume.shape, volume.spacing, volume.acquisitionAxis);
 * // [ 240, 240, 155 ] [ 1, 1, 1 ] 2
 * ```
 */
export async function openVolume(
  source: string | Uint8Array | (SliceGroup & { readonly name: string }),
  { window, volume, signal, name = typeof source === 'string' ? source : 'volume' }: VolumeOptions = {},
): Promise<Volume> {
  if (typeof source !== 'string' && !(source instanceof Uint8Array))
    return openDicomVolume(source, { name: source.name, window, signal, read: readFile, decodeJpeg: decodeJpegImage });
  const { bytes, voxels } = typeof source === 'string' ? await readPair(source) : { bytes: source, voxels: undefined };
  try {
    return openNiftiVolume(bytes, { name, voxels, volume, window });
  } catch (cause) {
    throw refusal(cause, name, 'a whole volume');
  }
}

/** Headers rarely end later than this; pixels follow. */
const HEADER = 1 << 17;

/** Reads what {@link groupSlices} needs of a DICOM file. Throws `ImageError`. */
export async function readDicomFacts(path: string): Promise<DicomFacts> {
  const file = await open(path).catch((cause) => {
    throw new ImageError(path, 'a DICOM file', foundInstead(cause), { cause });
  });
  try {
    const start = Buffer.alloc(HEADER);
    const { bytesRead } = await file.read(start, 0, HEADER, 0);
    try {
      return dicomFacts(start.subarray(0, bytesRead), path);
    } catch {
      // The header is longer, the pixels are in fragments, or the file is damaged.
      return dicomFacts(await file.readFile(), path);
    }
  } catch (cause) {
    throw refusal(cause, path, 'a whole DICOM file');
  } finally {
    await file.close();
  }
}

const packed = promisify(gzip);

/** Writes a map of a volume as NIfTI, gzipped if the name ends in `.gz`: the geometry, orientation and units of the volume. */
export async function writeNifti(
  path: string,
  { header }: Pick<Volume, 'header'>,
  map: VoxelMap,
  options?: NiftiMapOptions,
): Promise<void> {
  const bytes = encodeNifti(header, map, options);
  await writeFileAtomically(path, path.toLowerCase().endsWith('.gz') ? await packed(bytes) : bytes);
}

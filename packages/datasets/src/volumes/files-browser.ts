// Volumes in browsers: NIfTI files and DICOM series from bytes.
import { codecHost } from '../images/decode-browser.ts';
import { refusal } from '../images/refusal.ts';
import type { WindowSetting } from '../scans/window.ts';
import type { SliceGroup } from './dicom-groups.ts';
import { openDicomVolume } from './dicom-volume.ts';
import { openNiftiVolume } from './nifti-volume.ts';
import type { Volume } from './volume.ts';

export interface BrowserVolumeOptions {
  /** For errors. */
  readonly name: string;
  /** Values shown as black to white, for all slices; needed for CT that does not name one window itself. */
  readonly window?: WindowSetting;
  /** Volume of a four-dimensional NIfTI file, from 0. Needed where there are several. */
  readonly volume?: number;
  readonly signal?: AbortSignal;
}

/** Opens the bytes of a NIfTI file, or a DICOM series ({@link groupSlices}) whose files are read by their paths. Throws `ImageError`. */
export async function openVolume(
  source: Uint8Array | { readonly series: SliceGroup; readonly read: (path: string) => Promise<Uint8Array> },
  { name, window, volume, signal }: BrowserVolumeOptions,
): Promise<Volume> {
  if (!(source instanceof Uint8Array))
    return openDicomVolume(source.series, { name, window, signal, read: source.read, ...codecHost });
  try {
    return openNiftiVolume(source, { name, volume, window });
  } catch (cause) {
    throw refusal(cause, name, 'a whole volume');
  }
}

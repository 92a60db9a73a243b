// Single frames of DICOM files as pixels: stored values, rescaled, windowed, by their photometric interpretation.
import { FormatError } from '../images/bytes.ts';
import { checkSize, choosePage } from '../images/header.ts';
import type { RasterImage } from '../images/raster.ts';
import { type CodecHost, decompressFrame, isCompressed } from './dicom-codecs.ts';
import { colorFrame, hasSupplementalColors, withSupplementalColors } from './dicom-color.ts';
import { type DicomDataSet, type DicomFile, parseDicom } from './dicom-file.ts';
import { compressedFrame, nativeFrame } from './dicom-frames.ts';
import { grayFrame, measuredValues } from './dicom-gray.ts';
import { frameCount, holderOf, layoutOf, type PixelLayout, type StoredFrame, TAGS } from './dicom-layout.ts';
import { plainBytes, type ScanFacts, type StoredImage, spacingOf, unequalPixels } from './scan.ts';
import { kindWithoutPixels } from './sop-classes.ts';
import type { GrayWindow, WindowSetting } from './window.ts';

export interface DicomOptions extends CodecHost {
  readonly name: string;
  /** Frame, from 0; needed where there are several. */
  readonly page?: number;
  /** Replaces the file's window. */
  readonly window?: WindowSetting;
  /** Receives notes about how the frame is shown. */
  readonly onWarning?: (message: string) => void;
  readonly onWindow?: (window: GrayWindow) => void;
}

const [SOP_CLASS, MODALITY] = [0x00080016, 0x00080060];
const AT_DETECTOR = 'The distance of pixels is the one at the detector: in the patient they are closer.';
const [DETECTOR_SPACING, ASPECT_RATIO] = [0x00181164, 0x00280034];

/** Refuses a file without pixels, naming what it is. */
function checkPixels({ data, mediaClass }: DicomFile): void {
  if ([0x7fe00010, 0x7fe00008, 0x7fe00009].some((tag) => data.get(tag))) return;
  const kind = kindWithoutPixels(data.text(SOP_CLASS) ?? mediaClass, data.text(MODALITY));
  if (kind) throw new FormatError(`a DICOM ${kind}`, 'a DICOM image', 'Choose a file of the image series.');
  throw new FormatError('a DICOM file that has none', 'pixel data (7FE0,0010)');
}

/** Frames of a DICOM file, and the distance of pixels of its first frame: in the patient, else at the detector. Throws `FormatError`. */
export function describeDicom(bytes: Uint8Array): ScanFacts {
  const file = parseDicom(plainBytes(bytes));
  checkPixels(file);
  return factsOf(file.data);
}

function factsOf(data: DicomDataSet): ScanFacts {
  const holder = holderOf(data, TAGS.pixelSpacing, 0);
  const tag = holder.get(TAGS.pixelSpacing) ? TAGS.pixelSpacing : DETECTOR_SPACING;
  // The distance between rows comes first (PS3.3 section 10.7.1.3).
  const spacing = spacingOf(holder.decimal(tag, 1), holder.decimal(tag, 0));
  const [high, wide] = [data.decimal(ASPECT_RATIO, 0), data.decimal(ASPECT_RATIO, 1)];
  const aspect = spacing ? spacing.y / spacing.x : high && wide && high > 0 && wide > 0 ? high / wide : 1;
  return {
    pages: frameCount(data),
    spacing,
    ...(aspect !== 1 && { pixelAspect: aspect }),
    ...(spacing && tag === DETECTOR_SPACING && { notes: [AT_DETECTOR] }),
  };
}

interface Frame {
  readonly data: DicomDataSet;
  readonly layout: PixelLayout;
  readonly stored: StoredFrame;
  readonly frame: number;
  readonly isGray: boolean;
}

async function readFrame(
  bytes: Uint8Array,
  { name, page, ...host }: Omit<DicomOptions, 'window' | 'onWarning' | 'onWindow'>,
): Promise<Frame> {
  const file = parseDicom(plainBytes(bytes));
  checkPixels(file);
  const { data } = file;
  const layout = layoutOf(file);
  checkSize(layout.columns, layout.rows, name);
  const frames = frameCount(data);
  const frame = choosePage(frames, page, name);
  const stored = isCompressed(layout.transferSyntax)
    ? await decompressFrame(compressedFrame(data, layout, frame, frames), layout, host)
    : nativeFrame(data, layout, frame);
  const isGray = layout.samples === 1 && stored.photometric.startsWith('MONOCHROME');
  return { data, layout, stored, frame, isGray };
}

/**
 * Decodes a frame of a DICOM file. Reads uncompressed, deflated, run-length encoded, JPEG, JPEG-LS and JPEG 2000 pixels. Gray ones go through
 * the modality's table or rescaling and the file's first table or window; without either, the smallest value is black and the largest white.
 * Throws `FormatError` or `ImageError`.
 */
export async function decodeDicom(
  bytes: Uint8Array,
  { window, onWarning, onWindow, ...options }: DicomOptions,
): Promise<RasterImage> {
  const { data, layout, stored, frame, isGray } = await readFrame(bytes, options);
  const note = onWarning && ((message: string) => onWarning(`${options.name}: ${message}`));
  const { pixelAspect } = factsOf(data);
  if (pixelAspect) note?.(unequalPixels(pixelAspect));
  if (!isGray) return colorFrame(data, layout, stored);
  const gray = grayFrame(data, layout, stored, frame, { window, onWarning: note, onWindow });
  return hasSupplementalColors(data) ? withSupplementalColors(data, layout, stored, gray) : gray;
}

/** The values of a gray frame without any window, as of a mask; `undefined` if it has colors. Throws `FormatError` or `ImageError`. */
export async function dicomValues(
  bytes: Uint8Array,
  options: Omit<DicomOptions, 'window' | 'onWarning' | 'onWindow'>,
): Promise<StoredImage | undefined> {
  const { data, layout, stored, frame, isGray } = await readFrame(bytes, options);
  if (!isGray) return undefined;
  if (stored.photometric !== 'MONOCHROME2')
    throw new FormatError(
      stored.photometric,
      'a DICOM mask of MONOCHROME2',
      'Save it as PNG, with 0 for the background.',
    );
  return { width: layout.columns, height: layout.rows, values: measuredValues(data, layout, stored, frame) };
}

// Single frames of DICOM files as pixels: stored values, rescaled, through the window, by their photometric interpretation.
import type { DataSet } from 'dicom-parser';
import { inflateSync } from 'fflate';
import { ImageError } from '../errors.ts';
import { toGray } from '../images/convert.ts';
import { checkSize, choosePage } from '../images/header.ts';
import type { RasterImage } from '../images/raster.ts';
import { colorFrame } from './dicom-color.ts';
import { frameOffsets, readFrame } from './dicom-frames.ts';
import { type ScanFacts, spacingOf } from './facts.ts';
import { exactWindow, fullWindow, linearWindow, throughWindow, type WindowSetting } from './window.ts';

export interface DicomOptions {
  readonly name: string;
  /** Frame, from 0; needed where there are several. */
  readonly page?: number;
  /** Replaces the file's window. */
  readonly window?: WindowSetting;
  /** Decodes the JPEG of a compressed frame. */
  readonly decodeJpeg: (bytes: Uint8Array) => Promise<RasterImage>;
}

/** How the pixels of a file are stored (PS3.3, C.7.6.3). */
export interface PixelLayout {
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  readonly allocated: number;
  readonly stored: number;
  readonly signed: boolean;
  readonly planar: boolean;
  readonly photometric: string;
  readonly transferSyntax: string;
}

const LITTLE_ENDIAN = '1.2.840.10008.1.2';

function layoutOf(data: DataSet): PixelLayout {
  const allocated = data.uint16('x00280100') ?? 8;
  return {
    rows: data.uint16('x00280010') ?? 0,
    columns: data.uint16('x00280011') ?? 0,
    samples: data.uint16('x00280002') ?? 1,
    allocated,
    stored: data.uint16('x00280101') ?? allocated,
    signed: data.uint16('x00280103') === 1,
    planar: data.uint16('x00280006') === 1,
    photometric: data.string('x00280004') ?? 'MONOCHROME2',
    transferSyntax: data.string('x00020010') ?? LITTLE_ENDIAN,
  };
}

/** A deflated data set is not inflated beyond this many bytes, nor beyond what deflate can hold. */
const MAXIMUM_INFLATED = 1 << 28;
const MOST_DEFLATED = 1032;

function inflate(bytes: Uint8Array, position: number): Uint8Array {
  const most = Math.min(MAXIMUM_INFLATED, MOST_DEFLATED * (bytes.length - position));
  const body = inflateSync(bytes.subarray(position), { out: new Uint8Array(most) });
  const whole = new Uint8Array(position + body.length);
  whole.set(bytes.subarray(0, position));
  whole.set(body, position);
  return whole;
}

/** Measured values of a gray frame as 0 to 255: rescaled, then through the file's window, or from the smallest to the largest. */
function grayFrame(
  data: DataSet,
  { photometric, rows, columns }: PixelLayout,
  stored: ArrayLike<number>,
  asked: WindowSetting | undefined,
): RasterImage {
  const number = (tag: string) => {
    const value = data.floatString(tag);
    return value === undefined || Number.isNaN(value) ? undefined : value;
  };
  const [slope, intercept] = [number('x00281053') ?? 1, number('x00281052') ?? 0];
  const values = Float64Array.from(stored, (value) => value * slope + intercept);
  const [center, width] = [number('x00281050'), number('x00281051')];
  const window = asked
    ? exactWindow(asked)
    : center !== undefined && width !== undefined && width >= 1
      ? linearWindow(center, width)
      : fullWindow(values);
  const pixels = throughWindow(values, window, photometric === 'MONOCHROME1');
  return { width: columns, height: rows, channels: 1, data: pixels };
}

/** The data set of a file, and the parser it came from. */
async function parseDicom(bytes: Uint8Array) {
  // A CommonJS module: its functions are the default export.
  const { default: dicom } = (await import('dicom-parser')) as unknown as { default: typeof import('dicom-parser') };
  const data = dicom.parseDicom(bytes, { inflater: inflate } as Parameters<typeof dicom.parseDicom>[1]);
  return { dicom, data };
}

const frameCount = (data: DataSet): number => Math.max(1, data.intString('x00280008') ?? 1);

/** Frames of a DICOM file, and the distance of pixels: in the patient, else at the detector. */
export async function describeDicom(bytes: Uint8Array): Promise<ScanFacts> {
  const { data } = await parseDicom(bytes);
  const tag = ['x00280030', 'x00181164'].find((name) => data.elements[name]);
  // The distance between rows comes first (PS3.3, 10.7.1.3).
  const spacing = tag && spacingOf(data.floatString(tag, 1), data.floatString(tag, 0));
  return { pages: frameCount(data), spacing: spacing || undefined };
}

/**
 * Decodes a frame of a DICOM file. Reads uncompressed, deflated, run-length encoded and baseline JPEG pixels; gray ones are rescaled and
 * shown through the file's first window. Throws `ImageError`, or whatever a broken file makes its parser throw.
 */
export async function decodeDicom(
  bytes: Uint8Array,
  { name, page, window, decodeJpeg }: DicomOptions,
): Promise<RasterImage> {
  const { dicom, data } = await parseDicom(bytes);
  const layout = layoutOf(data);
  checkSize(layout.columns, layout.rows, name);
  const frame = choosePage(frameCount(data), page, name);
  const element = data.elements.x7fe00010;
  if (!element) throw new ImageError(name, 'pixel data', 'a DICOM file without');

  const jpeg = layout.transferSyntax === '1.2.840.10008.1.2.4.50';
  if (jpeg) {
    const encoded = dicom.readEncapsulatedImageFrame(data, element, frame, frameOffsets(dicom, data, element));
    const image = await decodeJpeg(encoded as Uint8Array);
    // The JPEG decoder has already turned YBR into RGB.
    return layout.samples === 1 ? grayFrame(data, layout, toGray(image).data, window) : image;
  }
  const stored = readFrame(dicom, data, element, layout, frame, name);
  return layout.samples === 1 && layout.photometric.startsWith('MONOCHROME')
    ? grayFrame(data, layout, stored, window)
    : colorFrame(data, layout, stored, name);
}

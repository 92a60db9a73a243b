// Slices of NIfTI volumes as gray pixels.
import { Gunzip } from 'fflate';
import type { NIFTI1, NIFTI2 } from 'nifti-reader-js';
import { ImageError } from '../errors.ts';
import { checkClaim, checkSize, choosePage } from '../images/header.ts';
import type { RasterImage } from '../images/raster.ts';
import { type ScanFacts, spacingOf } from './facts.ts';
import { exactWindow, fullWindow, throughWindow, type WindowSetting } from './window.ts';

/** Enough bytes for the larger header. */
const HEADER = 544;
/** Volumes are not unpacked beyond this many bytes. */
const MAXIMUM_UNPACKED = 1 << 30;
/** Share of the darkest and of the brightest values that the window leaves out where the file names none. */
const OUTLIERS = 0.01;

type Header = NIFTI1 | NIFTI2;

/** The first bytes of a file, unpacked if it is gzipped, and not more of them than asked for. */
function head(bytes: Uint8Array, wanted: number): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.subarray(0, wanted);
  const out = new Uint8Array(Math.min(wanted, MAXIMUM_UNPACKED));
  let filled = 0;
  const gunzip = new Gunzip((chunk) => {
    out.set(chunk.subarray(0, out.length - filled), filled);
    filled = Math.min(out.length, filled + chunk.length);
  });
  const step = 1 << 16;
  for (let at = 0; at < bytes.length && filled < out.length; at += step) {
    const part = bytes.subarray(at, at + step);
    gunzip.push(part, at + step >= bytes.length);
  }
  return out.subarray(0, filled);
}

/** Reads a value by NIfTI's data type code. */
function reader(code: number, view: DataView, little: boolean): ((at: number) => number) | undefined {
  const readers: Readonly<Record<number, (at: number) => number>> = {
    2: (at) => view.getUint8(at),
    4: (at) => view.getInt16(at, little),
    8: (at) => view.getInt32(at, little),
    16: (at) => view.getFloat32(at, little),
    64: (at) => view.getFloat64(at, little),
    256: (at) => view.getInt8(at),
    512: (at) => view.getUint16(at, little),
    768: (at) => view.getUint32(at, little),
  };
  return readers[code];
}

/** The window of the header, or all but the outliers of the slice. */
const windowOf = ({ cal_min: low, cal_max: high }: Header, values: Float64Array) =>
  Number.isFinite(low) && Number.isFinite(high) && high > low ? { low, high } : fullWindow(values, OUTLIERS);

/** The header of a volume, checked to be of at most three dimensions. */
async function readVolume(bytes: Uint8Array, name: string) {
  const nifti = await import('nifti-reader-js');
  const start = Uint8Array.from(head(bytes, HEADER));
  const header = start.length < 348 || !nifti.isNIFTI(start.buffer) ? null : nifti.readHeader(start.buffer);
  if (!header) throw new ImageError(name, 'a NIfTI volume in one file', 'a gzipped file of another kind');
  const [dimensions = 0, width = 0, height = 0, depth = 1, ...more] = header.dims;
  if (dimensions < 2 || more.slice(0, dimensions - 3).some((n) => n > 1))
    throw new ImageError(
      name,
      'a volume of three dimensions',
      `dimensions ${header.dims.slice(1, dimensions + 1).join('x')}`,
    );
  return { header, width, height, slices: dimensions < 3 ? 1 : depth };
}

/** Millimeters of a spatial unit by its code (the lower three bits of xyzt_units): meter, millimeter, micron. */
const MILLIMETRES: Readonly<Record<number, number>> = { 1: 1000, 2: 1, 3: 0.001 };

/** Slices of a volume, and the distance of pixels where the header tells its unit. */
export async function describeNifti(bytes: Uint8Array, name: string): Promise<ScanFacts> {
  const { header, slices } = await readVolume(bytes, name);
  const unit = MILLIMETRES[header.xyzt_units & 7] ?? Number.NaN;
  const [x, y] = header.pixDims.slice(1, 3).map((size) => Math.abs(size) * unit);
  return { pages: slices, spacing: spacingOf(x, y) };
}

/**
 * Decodes a slice of a NIfTI-1 or -2 volume, gzipped or not: across the third axis, the first axis to the right and the second downwards,
 * as stored. Values are rescaled and shown through the header's window (cal_min, cal_max), or from the 1st to the 99th percentile of the slice.
 */
export async function decodeNifti(
  bytes: Uint8Array,
  { name, page, window }: { readonly name: string; readonly page?: number; readonly window?: WindowSetting },
): Promise<RasterImage> {
  const { header, width, height, slices } = await readVolume(bytes, name);
  checkSize(width, height, name);
  const slice = choosePage(slices, page, name);
  const size = header.numBitsPerVoxel / 8;
  const offset = Math.round(header.vox_offset) + slice * width * height * size;
  const end = offset + width * height * size;
  if (!(offset >= 0 && end <= MAXIMUM_UNPACKED))
    throw new ImageError(name, `a slice within the first ${MAXIMUM_UNPACKED} bytes`, `one that ends at ${end}`);
  checkClaim(end, bytes.length);
  const data = head(bytes, end);
  if (data.length < end) throw new RangeError(`${data.length} of ${end} bytes`);
  const read = reader(
    header.datatypeCode,
    new DataView(data.buffer, data.byteOffset, data.length),
    header.littleEndian,
  );
  if (!read) throw new ImageError(name, 'whole or real numbers', `NIfTI data type ${header.datatypeCode}`);
  // A slope of 0 means that nothing is rescaled.
  const [slope, intercept] = header.scl_slope ? [header.scl_slope, header.scl_inter] : [1, 0];
  const values = Float64Array.from({ length: width * height }, (_, i) => read(offset + i * size) * slope + intercept);
  return {
    width,
    height,
    channels: 1,
    data: throughWindow(values, window ? exactWindow(window) : windowOf(header, values)),
  };
}

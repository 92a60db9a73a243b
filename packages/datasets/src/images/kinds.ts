// Files that are no image we read, by their first bytes, for refusals that name them.
import { ImageError } from '../errors.ts';

interface Kind {
  readonly name: string;
  readonly at?: number;
  /** One of these texts is at that byte. */
  readonly marks: readonly string[];
  readonly remedy?: string;
}

const AS_PNG = 'Convert it to PNG.';
const AS_NIFTI = 'Convert it to NIfTI, for example with SimpleITK.';
const AGAIN = 'Download the file itself.';

const KINDS: readonly Kind[] = [
  { name: 'a GIF file', marks: ['GIF87a', 'GIF89a'], remedy: AS_PNG },
  { name: 'a JPEG 2000 file', marks: ['\0\0\0\x0cjP  ', '\xff\x4f\xff\x51'], remedy: AS_PNG },
  { name: 'a JPEG XL file', marks: ['\xff\x0a', '\0\0\0\x0cJXL '], remedy: AS_PNG },
  { name: 'a JPEG XR file', marks: ['II\xbc'], remedy: AS_PNG },
  { name: 'an AVIF file', at: 4, marks: ['ftypavif', 'ftypavis'], remedy: AS_PNG },
  { name: 'a HEIC file', at: 4, marks: ['ftyphei', 'ftyphev', 'ftypmif1'], remedy: AS_PNG },
  { name: 'a video file', at: 4, marks: ['ftyp'], remedy: 'Save the frame that you need as PNG.' },
  { name: 'a Photoshop file', marks: ['8BPS'], remedy: AS_PNG },
  { name: 'an OpenEXR file', marks: ['v/1\x01'], remedy: AS_PNG },
  { name: 'a PNM file', marks: ['P1', 'P2', 'P3', 'P4', 'P5', 'P6'].map((mark) => `${mark}\n`), remedy: AS_PNG },
  { name: 'a NumPy array', marks: ['\x93NUMPY'], remedy: AS_PNG },
  { name: 'an HDF5 or MATLAB file', marks: ['\x89HDF\r\n', 'MATLAB 5.0'], remedy: AS_PNG },
  { name: 'an NRRD volume', marks: ['NRRD000'], remedy: AS_NIFTI },
  { name: 'a MetaImage volume', marks: ['ObjectType = Image', 'NDims = '], remedy: AS_NIFTI },
  { name: 'an Analyze 7.5 header', marks: ['\x5c\x01\0\0', '\0\0\x01\x5c'], remedy: AS_NIFTI },
  {
    name: 'DICOM data without the preamble of a file',
    marks: ['\x08\0\x05\0', '\x08\0\x08\0', '\x08\0\0\0', '\x08\0\x16\0', '\x02\0\0\0', '\x02\0\x10\0'],
    remedy: 'Write it as a DICOM file, for example with dcmconv.',
  },
  { name: 'a PDF document', marks: ['%PDF'], remedy: 'Save its image as PNG.' },
  { name: 'a ZIP archive', marks: ['PK\x03\x04'], remedy: 'Unpack it first.' },
  { name: 'a Git LFS pointer in place of the file', marks: ['version https://git-lfs'], remedy: 'Run `git lfs pull`.' },
  { name: 'a web page', marks: ['<!DOCTYPE html', '<!doctype html', '<html', '<HTML'], remedy: AGAIN },
  { name: 'an SVG drawing', marks: ['<svg', '<?xml'], remedy: AS_PNG },
];

/** The refusal of bytes that are no image we read. */
export function otherKind(bytes: Uint8Array, name: string): ImageError {
  // Text may begin with blanks.
  const text = String.fromCharCode(...bytes.subarray(0, 256)).replace(/^(\xef\xbb\xbf)?\s+/, '');
  const found = KINDS.find(({ at = 0, marks }) =>
    marks.some(
      (mark) => text.startsWith(mark, at) || [...mark].every((letter, i) => bytes[at + i] === letter.charCodeAt(0)),
    ),
  );
  const actual = bytes.length === 0 ? 'an empty file' : (found?.name ?? 'bytes of another kind');
  const remedy = found?.remedy && { remedy: found.remedy };
  return new ImageError(name, 'a PNG, JPEG, TIFF, WebP, BMP, DICOM or NIfTI file', actual, { ...remedy });
}

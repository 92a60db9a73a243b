// Image files as pixels, as OpenCV reads them: color without alpha, or gray. Each runtime brings its own table of decoders.
import type { CodecHost } from '../scans/dicom-codecs.ts';
import type { StoredImage } from '../scans/scan.ts';
import type { GrayWindow, WindowSetting } from '../scans/window.ts';
import { toColor, toGray } from './convert.ts';
import { type ImageHeader, readHeader, sniffFormat } from './header.ts';
import { otherKind } from './kinds.ts';
import type { RasterImage } from './raster.ts';
import { refusal } from './refusal.ts';
import type { ToneOptions } from './tone.ts';

export interface DecodeOptions {
  /** `color` gives RGB without alpha, `gray` one channel, `stored` one for gray files and for JPEG files without color, else RGB. */
  readonly as?: 'color' | 'gray' | 'stored';
  /** The file's name, for errors. */
  readonly name?: string;
  /** Page of a TIFF, frame of a DICOM file, slice of a NIfTI volume, from 0. Needed where there are several. */
  readonly page?: number;
  /** Volume of a four-dimensional NIfTI file, from 0. Needed where there are several. */
  readonly volume?: number;
  /** The `.img` file that belongs to a NIfTI `.hdr` file. */
  readonly voxels?: Uint8Array;
  /**
   * Values shown as black to white, in place of the file's own window: (center, width) shows center - width/2 as black and
   * center + width/2 as white. Required for TIFF files of float, signed or 32-bit samples, where no default is safe.
   */
  readonly window?: WindowSetting;
  /** Receives notes about what was assumed, such as the window of a scan that has none, and about images that probably look wrong. */
  readonly onWarning?: (message: string) => void;
  /** Receives the window of a gray PNG, TIFF, DICOM or NIfTI image. */
  readonly onWindow?: (window: GrayWindow) => void;
}

/** Decodes the bytes of a file whose header has been read and whose size is allowed. May throw anything. */
export type FormatDecoder = (
  bytes: Uint8Array,
  header: ImageHeader,
  options: ToneOptions & Pick<DecodeOptions, 'as'>,
) => RasterImage | Promise<RasterImage>;

export type FormatDecoders = Readonly<Record<ImageHeader['format'], FormatDecoder>>;

/**
 * Decodes PNG, JPEG, TIFF, WebP, BMP, DICOM or NIfTI. EXIF orientation is applied; 16-bit images keep their high byte;
 * scans go through their window. At most `MAXIMUM_PIXELS` pixels. The same bytes give the same pixels in Node and in browsers. Throws `ImageError`.
 *
 * @example
 * ```ts
 * const image = await decodeImage(bytes, { as: 'gray', name: 'scan.tif', window: { center: 40, width: 400 } });
 * console.log(image.width, image.height, image.channels);
 * // 512 512 1
 * ```
 */
export interface DecodeImage {
  (bytes: Uint8Array, options?: DecodeOptions): Promise<RasterImage>;
  /** The values of a gray DICOM frame or NIfTI slice without any window, as masks need them; `undefined` for other files. */
  readonly scanValues?: (
    bytes: Uint8Array,
    options: Pick<DecodeOptions, 'page' | 'volume'> & { readonly name: string },
  ) => Promise<StoredImage | undefined>;
}

/** Builds a runtime's `decodeImage` from its table of decoders. `wasmAddress` locates the codecs of compressed scans where they do not find themselves. */
export function imageDecoder(
  decoders: FormatDecoders,
  { wasmAddress }: Pick<CodecHost, 'wasmAddress'> = {},
): DecodeImage {
  const host: CodecHost = {
    wasmAddress,
    decodeJpeg: async (jpeg) => decoders.jpeg(jpeg, readHeader(jpeg, 'jpeg'), {}),
  };
  const decodeAny = async (
    bytes: Uint8Array,
    options: DecodeOptions & { readonly name: string },
  ): Promise<RasterImage> => {
    const { as, name, page, volume, voxels, window, onWarning, onWindow } = options;
    const format = sniffFormat(bytes);
    if (format === undefined) throw otherKind(bytes, name);
    if (format === 'dicom') {
      const { decodeDicom } = await import('../scans/dicom.ts');
      return decodeDicom(bytes, { name, page, window, onWarning, onWindow, ...host });
    }
    if (format === 'nifti') {
      const { decodeNifti } = await import('../scans/nifti.ts');
      return decodeNifti(bytes, { name, page, volume, voxels, window, onWarning, onWindow });
    }
    const warn = onWarning && ((message: string) => onWarning(`${name}: ${message}`));
    return decoders[format](bytes, readHeader(bytes, format, { name, page }), {
      as,
      window,
      onWarning: warn,
      onWindow,
    });
  };
  const decodeImage = async (
    bytes: Uint8Array,
    { as = 'color', name = 'image', ...options }: DecodeOptions = {},
  ): Promise<RasterImage> => {
    let image: RasterImage;
    try {
      image = await decodeAny(bytes, { as, name, ...options });
    } catch (cause) {
      throw refusal(cause, name);
    }
    if (as === 'stored') return image;
    return as === 'color' ? toColor(image) : toGray(image);
  };
  const scanValues: DecodeImage['scanValues'] = async (bytes, options) => {
    try {
      const format = sniffFormat(bytes);
      if (format === 'dicom')
        return await (await import('../scans/dicom.ts')).dicomValues(bytes, { ...options, ...host });
      if (format === 'nifti') return (await import('../scans/nifti.ts')).niftiValues(bytes, options);
      return undefined;
    } catch (cause) {
      throw refusal(cause, options.name);
    }
  };
  return Object.assign(decodeImage, { scanValues });
}

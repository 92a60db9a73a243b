// The open images with their ground truth and results: decoding, drawing, measuring and encoding, off the page's thread.
import {
  describeImage,
  drawPhantom,
  foregroundDecoder,
  interpretMasks,
  isBinary,
  maskDecoder,
  type RasterImage,
  resizeLinear,
  selectLabel,
  surveyMask,
  thresholdMask,
} from '@medclipseg/datasets';
import { decodeImage, encodePngBlob } from '@medclipseg/datasets/browser';
import { transfer } from 'comlink';
import type { Estimate } from 'medclipseg';
import { overlayImage, uncertaintyImage } from 'medclipseg/images';
import { imageScores, MAXIMUM_ENTROPY, resizeMap } from 'medclipseg/metrics';
import { rgbaOf } from '../drawing/layers.ts';
import { displaySize, estimateSize } from '../drawing/maps.ts';
import { contentHash } from './content-hash.ts';
import { PlaygroundError } from './errors.ts';
import { drawDifference, drawLayer, fullMask, measure, type OpenImage } from './open-image.ts';
import type { Export, ImagesApi, Labels, Pages, ShownImage, Side, TruthOptions } from './protocol.ts';

/** A volume of 512 slices of 512x512 in 16 bits fits twice. */
const MAXIMUM_FILE_BYTES = 512 * 2 ** 20;

async function read(file: Blob, name: string): Promise<Uint8Array> {
  if (file.size > MAXIMUM_FILE_BYTES)
    throw new PlaygroundError(
      'playground/file-too-large',
      `${name}: expected at most ${MAXIMUM_FILE_BYTES} bytes, got ${file.size}. Choose a smaller file.`,
    );
  return new Uint8Array(await file.arrayBuffer());
}

const decodeMask = maskDecoder(decodeImage);
const decodeForeground = foregroundDecoder(decodeImage);

/** The foreground of a mask file as 0 and 255, or the choice that must be made first. @param check throws for wrong sizes */
async function readMask(
  file: Blob,
  name: string,
  { page, label }: TruthOptions,
  check: (size: { readonly width: number; readonly height: number }) => void,
): Promise<RasterImage | Pages | Labels> {
  const bytes = await read(file, name);
  const { pages } = await describeImage(bytes, { name });
  if (pages > 1 && page === undefined) return { pages };
  const mask = await decodeMask(bytes, { name, page });
  check(mask);
  const reading = interpretMasks([surveyMask(mask, name)], name);
  if (reading.kind === 'labels' && !isBinary(reading) && label === undefined)
    return { labels: reading.labels.map((one) => one.name) };
  const chosen = label === undefined || label === 'all' ? reading : selectLabel(reading, label, name);
  return decodeForeground(bytes, chosen, { name, page });
}

async function bitmapOf({ width, height, data }: RasterImage): Promise<ImageBitmap> {
  const [resizeWidth, resizeHeight] = displaySize(width, height);
  const pixels = new ImageData(rgbaOf(data), width, height);
  const smaller = resizeWidth < width && ({ resizeWidth, resizeHeight, resizeQuality: 'high' } as const);
  return createImageBitmap(pixels, smaller || undefined);
}

/** The 16-bit values of a map, on the fixed scale from 0 to `maximum`. */
const sixteenBit = (map: Float32Array, maximum: number): Uint16Array =>
  Uint16Array.from(map, (value) => Math.round((Math.min(value, maximum) / maximum) * 65535));

/** A PNG file with the same content as the command line's. */
function encode(image: RasterImage, estimate: Estimate, mask: Uint8Array, what: Export): Promise<Blob> {
  const { width, height } = image;
  const full = (map: Float32Array) => resizeMap(map, estimateSize(estimate), [width, height]);
  const gray = (data: Uint8Array | Uint16Array) => ({ width, height, channels: 1, data }) as const;
  const images = {
    mask: () => gray(mask.map((inside) => 255 * inside)),
    probability: () => gray(sixteenBit(full(estimate.probability), 1)),
    uncertainty: () => gray(sixteenBit(full(estimate.uncertainty), MAXIMUM_ENTROPY)),
    'uncertainty-color': () => uncertaintyImage({ width, height, uncertainty: full(estimate.uncertainty) }),
    overlay: () => overlayImage(image, { mask }),
  } as const satisfies Record<Export, unknown>;
  return encodePngBlob(images[what]());
}

export function createImages(): ImagesApi {
  const open = new Map<number, OpenImage>();
  let lastId = 0;

  const find = (id: number): OpenImage => {
    const found = open.get(id);
    if (!found)
      throw new PlaygroundError('playground/not-open', `image ${id}: expected an open image, got none. Open it again.`);
    return found;
  };
  const resultOf = (id: number, side: Side) => {
    const found = find(id);
    const estimate = found.results[side];
    if (!estimate)
      throw new PlaygroundError(
        'playground/not-open',
        `image ${id}: expected a result of prompt ${side}, got none. Segment first.`,
      );
    return { found, estimate };
  };
  const keep = async (name: string, opened: OpenImage): Promise<ShownImage> => {
    lastId += 1;
    open.set(lastId, opened);
    const { image, spacing } = opened;
    return { id: lastId, name, width: image.width, height: image.height, spacing, bitmap: await bitmapOf(image) };
  };

  return {
    hash: contentHash,

    async open(file, name, page) {
      const bytes = await read(file, name);
      const { pages, spacing } = await describeImage(bytes, { name });
      if (pages > 1 && page === undefined) return { pages };
      const shown = await keep(name, { image: await decodeImage(bytes, { name, page }), spacing, results: {} });
      return transfer(shown, [shown.bitmap]);
    },

    async phantom(modality, seed, size) {
      const { image, mask, prompt } = drawPhantom({ modality, seed, size });
      const phantomMask = thresholdMask(mask);
      const shown = await keep(`${modality}-phantom-${seed}`, { image, phantomMask, results: {} });
      return transfer({ ...shown, modality, prompt }, [shown.bitmap]);
    },

    close: (id) => void open.delete(id),

    forModel(id, size) {
      const { image } = find(id);
      const small = resizeLinear(image, size, size);
      return { ...small, data: Uint8Array.from(small.data) };
    },

    async openTruth(id, file, name, options = {}) {
      const found = find(id);
      const { width, height } = found.image;
      const mask = await readMask(file, name, options, (size) => {
        if (size.width !== width || size.height !== height)
          throw new PlaygroundError(
            'playground/mask-size',
            `${name}: expected a mask of ${width}x${height} pixels, got ${size.width}x${size.height}. Choose the mask of this image.`,
          );
      });
      if (!('data' in mask)) return mask;
      found.truth = thresholdMask(mask);
      return undefined;
    },

    async readMask(file, name, aspect, options = {}) {
      return readMask(file, name, options, ({ width, height }) => {
        // Painted masks are smaller than their images, so that their sides are rounded.
        if (Math.abs(width / height / aspect - 1) > 0.01)
          throw new PlaygroundError(
            'playground/mask-size',
            `${name}: expected a mask with the image's aspect ratio of ${aspect.toFixed(2)}, got ${width}x${height} pixels. Choose the mask of this image.`,
          );
      });
    },

    truthMask(id) {
      const { image, truth } = find(id);
      const { width, height } = image;
      return truth && { width, height, channels: 1, data: truth.map((inside) => 255 * inside) };
    },

    openPhantomTruth(id) {
      const found = find(id);
      found.truth = found.phantomMask;
    },

    removeTruth(id) {
      find(id).truth = undefined;
    },

    setResult(id, side, estimate) {
      // The image may have been closed before its last sample arrived.
      const results = open.get(id)?.results;
      if (results) results[side] = estimate;
    },

    layer(id, side, options) {
      const { found, estimate } = resultOf(id, side);
      const drawn = drawLayer(found, estimate, options);
      return transfer(drawn, [drawn.bitmap]);
    },

    differenceLayer(id) {
      const bitmap = drawDifference(find(id).image, resultOf(id, 'a').estimate, resultOf(id, 'b').estimate);
      return transfer(bitmap, [bitmap]);
    },

    measure(id, side, options) {
      const { found, estimate } = resultOf(id, side);
      return measure(found, estimate, options);
    },

    score(id, side, options) {
      const { found, estimate } = resultOf(id, side);
      const { width, height } = found.image;
      if (!found.truth)
        throw new PlaygroundError(
          'playground/not-open',
          `image ${id}: expected a ground truth, got none. Open one first.`,
        );
      const prediction = { width, height, data: fullMask(found.image, estimate, options) };
      return imageScores({ width, height, data: found.truth }, prediction, { spacing: found.spacing });
    },

    async encode(id, side, options, what) {
      const { found, estimate } = resultOf(id, side);
      return encode(found.image, estimate, fullMask(found.image, estimate, options), what);
    },
  };
}

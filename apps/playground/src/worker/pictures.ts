// The pictures that are open, with their true masks and results. Decoding, drawing, measuring and encoding, away from the page.
import { describeImage, drawPhantom, type RasterImage, resizeLinear } from '@medclipseg/datasets';
import { decodeImage } from '@medclipseg/datasets/browser';
import { transfer } from 'comlink';
import { imageScores } from 'medclipseg/metrics';
import { rgbaOf } from '../drawing/layers.ts';
import { maskOfGray } from '../drawing/masks.ts';
import { pictureSize } from '../drawing/sizes.ts';
import { encodeResult } from '../files/encode-result.ts';
import { checkFileSize } from '../files/file-size.ts';
import { drawDifference, drawLayer } from './draw.ts';
import { fullMask, measure } from './measure.ts';
import type { OpenPicture } from './open-picture.ts';
import type { Picture, PicturesApi, Side } from './protocol.ts';

async function bitmapOf({ width, height, data }: RasterImage): Promise<ImageBitmap> {
  const [resizeWidth, resizeHeight] = pictureSize(width, height);
  const pixels = new ImageData(rgbaOf(data), width, height);
  const smaller = resizeWidth < width && ({ resizeWidth, resizeHeight, resizeQuality: 'high' } as const);
  return createImageBitmap(pixels, smaller || undefined);
}

async function read(file: Blob, name: string): Promise<Uint8Array> {
  checkFileSize(file.size, name);
  return new Uint8Array(await file.arrayBuffer());
}

export function createPictures(): PicturesApi {
  const pictures = new Map<number, OpenPicture>();
  let lastId = 0;

  const find = (id: number): OpenPicture => {
    const picture = pictures.get(id);
    if (!picture) throw new Error(`pictures: expected an open picture, got ${id}. Open it again.`);
    return picture;
  };
  const resultOf = (id: number, side: Side) => {
    const picture = find(id);
    const estimate = picture.results[side];
    if (!estimate) throw new Error(`pictures: expected a result of side ${side}, got none. Segment first.`);
    return { picture, estimate };
  };
  const keep = async (name: string, picture: OpenPicture): Promise<Picture> => {
    lastId += 1;
    pictures.set(lastId, picture);
    const { image, spacing } = picture;
    return { id: lastId, name, width: image.width, height: image.height, spacing, bitmap: await bitmapOf(image) };
  };

  return {
    async open(file, name, page) {
      const bytes = await read(file, name);
      const { pages, spacing } = await describeImage(bytes, { name });
      if (pages > 1 && page === undefined) return { pages };
      const picture = await keep(name, { image: await decodeImage(bytes, { name, page }), spacing, results: {} });
      return transfer(picture, [picture.bitmap]);
    },

    async phantom(modality, seed, size) {
      const { image, mask, prompt } = drawPhantom({ modality, seed, size });
      const drawn = maskOfGray(mask.data);
      const picture = await keep(`${modality}-phantom-${seed}`, { image, drawn, results: {} });
      return transfer({ ...picture, modality, prompt }, [picture.bitmap]);
    },

    close: (id) => void pictures.delete(id),

    forModel(id, size) {
      const { image } = find(id);
      const small = resizeLinear(image, size, size);
      return { ...small, data: Uint8Array.from(small.data) };
    },

    async openTruth(id, file, name, page) {
      const picture = find(id);
      const bytes = await read(file, name);
      const { pages } = await describeImage(bytes, { name });
      if (pages > 1 && page === undefined) return { pages };
      const mask = await decodeImage(bytes, { name, page, as: 'gray' });
      const { width, height } = picture.image;
      if (mask.width !== width || mask.height !== height)
        throw Object.assign(
          new Error(
            `${name}: expected a mask of ${width}x${height} pixels, got ${mask.width}x${mask.height}. Choose the mask of this picture.`,
          ),
          { tag: 'playground/mask-size' },
        );
      picture.truth = maskOfGray(mask.data);
      return undefined;
    },

    drawnTruth(id) {
      const picture = find(id);
      picture.truth = picture.drawn;
    },

    forgetTruth(id) {
      find(id).truth = undefined;
    },

    setResult(id, side, estimate) {
      // A late sample of a picture that is closed already.
      const results = pictures.get(id)?.results;
      if (results) results[side] = estimate;
    },

    layer(id, side, look) {
      const { picture, estimate } = resultOf(id, side);
      const bitmap = drawLayer(picture, estimate, look);
      return transfer(bitmap, [bitmap]);
    },

    differenceLayer(id) {
      const bitmap = drawDifference(find(id).image, resultOf(id, 'a').estimate, resultOf(id, 'b').estimate);
      return transfer(bitmap, [bitmap]);
    },

    measure(id, side, rule) {
      const { picture, estimate } = resultOf(id, side);
      return measure(picture, estimate, rule);
    },

    score(id, side, rule) {
      const { picture, estimate } = resultOf(id, side);
      const { width, height } = picture.image;
      if (!picture.truth) throw new Error('pictures: expected a true mask, got none. Open one first.');
      const prediction = { width, height, data: fullMask(picture.image, estimate, rule) };
      return imageScores({ width, height, data: picture.truth }, prediction, { spacing: picture.spacing });
    },

    async encode(id, side, rule, what) {
      const { picture, estimate } = resultOf(id, side);
      return encodeResult(picture.image, estimate, fullMask(picture.image, estimate, rule), what);
    },
  };
}

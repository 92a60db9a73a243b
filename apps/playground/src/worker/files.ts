// Results as files, with the same content as the command line's.
import { encodeNifti, encodePngBlob, mapSlices } from '@medclipseg/datasets/browser';
import type { Estimate } from 'medclipseg';
import { overlayImage, uncertaintyImage } from 'medclipseg/images';
import { MAXIMUM_ENTROPY, resizeMap } from 'medclipseg/metrics';
import { estimateSize } from '../drawing/maps.ts';
import { fullMask, type OpenImage } from './open-image.ts';
import type { Export, MaskOptions, Side, VolumeMask } from './protocol.ts';
import type { Stack } from './stack.ts';

/** The 16-bit values of a map, on the fixed scale from 0 to `maximum`. */
function sixteenBit(map: Float32Array, maximum: number): Uint16Array {
  const out = new Uint16Array(map.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.round((Math.min(map[i] as number, maximum) / maximum) * 65535);
  return out;
}

/** A result as a PNG file. */
export function encode({ image }: OpenImage, estimate: Estimate, mask: Uint8Array, what: Export): Promise<Blob> {
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

const sum = (mask: Uint8Array): number => mask.reduce((total, inside) => total + inside, 0);

/** The masks of slices as a NIfTI file in the geometry of their volume, gzipped where its file is. */
export async function encodeVolume(
  { current, axis, isPacked }: NonNullable<Stack['volume']>,
  images: readonly OpenImage[],
  side: Side,
  options: MaskOptions,
): Promise<VolumeMask> {
  const volume = current();
  const byIndex = new Map(images.map((image) => [image.index, image]));
  const slices = [...byIndex.keys()].sort((a, b) => a - b);
  const ranges = slices.map((from) => ({ from, to: from + 1 }));
  const { mask } = await mapSlices(volume, { axis, ranges, backgrounds: { mask: 0 } }, async (_, index) => {
    const image = byIndex.get(index) as OpenImage;
    return { mask: fullMask(image, image.results[side] as Estimate, options, side) };
  });
  const foregroundVoxels = sum(mask as Uint8Array);
  const bytes = encodeNifti(volume.header, mask, { description: 'MedCLIPSeg mask, for research only', brightest: 1 });
  const plain = new Blob([bytes as Uint8Array<ArrayBuffer>]);
  const packed = () => new Response(plain.stream().pipeThrough(new CompressionStream('gzip'))).blob();
  return {
    file: isPacked ? await packed() : plain,
    isPacked,
    slices,
    foregroundVoxels,
    ...(volume.voxelVolume && { milliliters: (foregroundVoxels * volume.voxelVolume) / 1000 }),
    isEdited: images.some(({ editors }) => editors[side]),
  };
}

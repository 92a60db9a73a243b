// Results as PNG files, as the command line writes them.
import type { RasterImage } from '@medclipseg/datasets';
import { encodePng } from '@medclipseg/datasets/browser';
import { type Estimate, overlayPicture, uncertaintyPicture } from 'medclipseg';
import { MAXIMUM_ENTROPY, resizeMap } from 'medclipseg/metrics';
import { estimateSize } from '../drawing/estimates.ts';
import type { Export } from '../worker/protocol.ts';

/** 16-bit values of a map whose largest possible value is `most`. */
const sixteenBit = (map: Float32Array, most: number): Uint16Array =>
  Uint16Array.from(map, (value) => Math.round((Math.min(value, most) / most) * 65535));

export function encodeResult(image: RasterImage, estimate: Estimate, mask: Uint8Array, what: Export): Blob {
  const { width, height } = image;
  const full = (map: Float32Array) => resizeMap(map, estimateSize(estimate), [width, height]);
  const gray = (data: Uint8Array | Uint16Array) => ({ width, height, channels: 1, data }) as const;
  const pictures = {
    mask: () => gray(mask.map((inside) => 255 * inside)),
    probability: () => gray(sixteenBit(full(estimate.probability), 1)),
    uncertainty: () => gray(sixteenBit(full(estimate.uncertainty), MAXIMUM_ENTROPY)),
    'uncertainty-color': () => uncertaintyPicture({ width, height, uncertainty: full(estimate.uncertainty) }),
    overlay: () => overlayPicture(image, { mask }),
  } as const satisfies Record<Export, unknown>;
  return new Blob([encodePng(pictures[what]())], { type: 'image/png' });
}

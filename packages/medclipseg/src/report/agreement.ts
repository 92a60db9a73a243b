// Where a prediction agrees with the truth, drawn on the image.
import type { RasterImage } from '@medclipseg/datasets';
import type { MaskImage } from '../metrics/index.ts';

type Color = readonly [number, number, number];

// Distinct from the reds and browns of tissue, from the grays of radiographs, and from each other, also with color blindness.
const FOUND: Color = [0, 210, 190];
const MISSED: Color = [255, 226, 0];
const WRONG: Color = [255, 60, 200];

/** The image with found, missed and wrongly found pixels tinted and outlined. All three at the same size. */
export function agreementImage(image: RasterImage, truth: MaskImage, prediction: MaskImage): RasterImage {
  const { width, height } = image;
  const data = Uint8Array.from(image.data);
  /** 0 background, 1 found, 2 missed, 3 wrongly found; outside the image is background. */
  const kind = (x: number, y: number): number => {
    if (x < 0 || y < 0 || x >= width || y >= height) return 0;
    const i = y * width + x;
    if (truth.data[i]) return prediction.data[i] ? 1 : 2;
    return prediction.data[i] ? 3 : 0;
  };
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const here = kind(x, y);
      const color = [undefined, FOUND, MISSED, WRONG][here];
      if (!color) continue;
      const edge = [kind(x - 1, y), kind(x + 1, y), kind(x, y - 1), kind(x, y + 1)].some((there) => there !== here);
      const opacity = edge ? 1 : 0.35;
      for (let c = 0; c < 3; c++) {
        const under = data[3 * i + c] as number;
        data[3 * i + c] = Math.round(under + opacity * ((color[c] as number) - under));
      }
    }
  return { ...image, data };
}

// Masks to measure on.
import { seededRandom } from '@medclipseg/datasets';
import type { MaskImage } from '../src/metrics/index.ts';

/** Each pixel foreground by chance. */
export function randomMask(size: number, share: number, seed: number): MaskImage {
  const random = seededRandom('mask', seed);
  return {
    width: size,
    height: size,
    data: Uint8Array.from({ length: size * size }, () => (random() < share ? 1 : 0)),
  };
}

/** A disk whose edge frays: pixels near it are inside by chance. @param roughness width of the frayed ring, in radii */
export function roughDisk(size: number, radius: number, roughness: number, seed: number): MaskImage {
  const random = seededRandom('disk', seed);
  const data = Uint8Array.from({ length: size * size }, (_, i) => {
    const distance = Math.hypot((i % size) - size / 2, Math.floor(i / size) - size / 2);
    return distance <= radius * (1 + roughness * (random() - 0.5)) ? 1 : 0;
  });
  return { width: size, height: size, data };
}

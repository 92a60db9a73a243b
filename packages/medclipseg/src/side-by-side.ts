// Pictures in rows and columns, as one.
import type { RasterImage } from '@medclipseg/datasets';

const GAP = 8;
const BACKGROUND = 255;

/** Lays color pictures of one size out in rows, on white, with a gap around each. */
export function sideBySide(rows: readonly (readonly RasterImage[])[]): RasterImage {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const { width: across = 0, height: down = 0 } = rows[0]?.[0] ?? {};
  const width = GAP + columns * (across + GAP);
  const height = GAP + rows.length * (down + GAP);
  const data = new Uint8Array(width * height * 3).fill(BACKGROUND);
  for (const [i, row] of rows.entries())
    for (const [j, picture] of row.entries()) {
      const [left, top] = [GAP + j * (across + GAP), GAP + i * (down + GAP)];
      for (let y = 0; y < down; y++) {
        const line = picture.data.subarray(3 * y * across, 3 * (y + 1) * across);
        data.set(line, 3 * ((top + y) * width + left));
      }
    }
  return { width, height, channels: 3, data };
}

// Images laid out as one: every pixel where it belongs.
import { describe, expect, it } from 'vitest';
import { sideBySide } from './images.ts';

const flat = (color: readonly number[]) => ({
  width: 3,
  height: 2,
  channels: 3 as const,
  data: Uint8Array.from({ length: 18 }, (_, i) => color[i % 3] as number),
});

describe('sideBySide', () => {
  const [red, green, blue] = [flat([255, 0, 0]), flat([0, 255, 0]), flat([0, 0, 255])];
  const sheet = sideBySide([[red, green], [blue]]);
  const at = (x: number, y: number) => [...sheet.data.slice(3 * (y * sheet.width + x), 3 * (y * sheet.width + x) + 3)];

  it('puts each image into its row and column, with a white gap around it', () => {
    expect([sheet.width, sheet.height]).toEqual([8 + 2 * (3 + 8), 8 + 2 * (2 + 8)]);
    expect([at(8, 8), at(10, 9), at(19, 8), at(8, 18)]).toEqual([
      [255, 0, 0],
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
    ]);
    expect([at(7, 8), at(11, 9), at(8, 10), at(19, 18)]).toEqual(Array(4).fill([255, 255, 255]));
  });
});

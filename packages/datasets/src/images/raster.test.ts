// Byte equality with OpenCV and PIL, on the values that `reference-spec` documents for a small image.
import { describe, expect, it } from 'vitest';
import { type RasterImage, resizeLinear, resizeNearest, rotateNearest, thresholdMask } from './raster.ts';

const gray = (width: number, height: number, value: (i: number) => number): RasterImage => ({
  width,
  height,
  channels: 1,
  data: Uint8Array.from({ length: width * height }, (_, i) => value(i)),
});
const source = gray(7, 5, (i) => (37 * i + 11 * i * i) % 256);

describe('resizing as OpenCV', () => {
  it('shrinks linearly', () => {
    expect([...resizeLinear(source, 4, 3).data]).toEqual([47, 153, 124, 132, 152, 98, 145, 37, 183, 24, 147, 136]);
  });

  it('enlarges linearly', () => {
    expect([...resizeLinear(source, 9, 6).data]).toEqual(
      [
        [0, 32, 79, 138, 210, 99, 143, 171, 106],
        [23, 131, 183, 183, 195, 174, 201, 170, 54],
        [79, 174, 181, 148, 210, 173, 148, 100, 26],
        [171, 210, 150, 75, 154, 134, 126, 95, 36],
        [236, 217, 121, 29, 92, 121, 164, 154, 81],
        [188, 119, 47, 45, 198, 168, 151, 146, 150],
      ].flat(),
    );
  });

  it('takes the nearest pixel', () => {
    expect([...resizeNearest(source, 4, 3).data]).toEqual([0, 48, 210, 204, 30, 232, 190, 236, 252, 250, 56, 206]);
  });

  it('treats every channel alike', () => {
    const rgb: RasterImage = {
      ...source,
      channels: 3,
      data: Uint8Array.from([...source.data].flatMap((v) => [v, v, v])),
    };
    const one = resizeLinear(source, 9, 6).data;
    expect([...resizeLinear(rgb, 9, 6).data]).toEqual([...one].flatMap((v) => [v, v, v]));
  });
});

describe('rotating as PIL', () => {
  const numbered = gray(7, 7, (i) => i + 1);
  it.each([
    [
      20,
      [
        0, 0, 4, 5, 13, 14, 0, 2, 3, 11, 12, 13, 21, 0, 9, 9, 17, 18, 19, 27, 28, 15, 16, 24, 25, 26, 34, 35, 22, 23,
        31, 32, 33, 41, 41, 0, 29, 37, 38, 39, 47, 48, 0, 36, 37, 45, 46, 0, 0,
      ],
    ],
    [
      -20,
      [
        0, 8, 9, 3, 4, 0, 0, 0, 15, 9, 10, 11, 5, 6, 22, 23, 17, 18, 19, 13, 13, 29, 30, 24, 25, 26, 20, 21, 37, 37, 31,
        32, 33, 27, 28, 44, 45, 39, 40, 41, 35, 0, 0, 0, 46, 47, 41, 42, 0,
      ],
    ],
  ])('by %i degrees', (angle, expected) => {
    expect([...rotateNearest(numbered, angle).data]).toEqual(expected);
  });
});

it('thresholds at 127, itself foreground', () => {
  expect([...thresholdMask(gray(3, 1, (i) => 126 + i))]).toEqual([0, 1, 1]);
});

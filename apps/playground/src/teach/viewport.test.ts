import { expect, it } from 'vitest';
import { enlarged, moved, toPicture, wholePicture } from './viewport.ts';

const picture = { width: 200, height: 100 };
const window = { width: 400, height: 400 };

it('shows the whole picture, centered', () => {
  expect(wholePicture(picture, window)).toEqual({ scale: 2, left: 0, top: 100 });
});

it('enlarges about a point, which stays where it is', () => {
  const view = enlarged(wholePicture(picture, window), 4, { x: 100, y: 180 }, picture, window);
  expect(view.scale).toBe(8);
  expect(toPicture(view, { x: 100, y: 180 })).toEqual({ x: 50, y: 40 });
});

it('goes neither closer than sixteen pixels per pixel nor farther than the whole picture', () => {
  const whole = wholePicture(picture, window);
  expect(enlarged(whole, 1000, { x: 0, y: 0 }, picture, window).scale).toBe(16);
  expect(enlarged(enlarged(whole, 3, { x: 9, y: 9 }, picture, window), 0.01, { x: 0, y: 0 }, picture, window)).toEqual(
    whole,
  );
});

it('cannot be moved out of sight', () => {
  const close = enlarged(wholePicture(picture, window), 4, { x: 0, y: 200 }, picture, window);
  expect(moved(close, 1e6, 1e6, picture, window)).toMatchObject({ left: 0, top: 0 });
  expect(moved(close, -1e6, -1e6, picture, window)).toMatchObject({ left: 400 - 1600, top: 400 - 800 });
});

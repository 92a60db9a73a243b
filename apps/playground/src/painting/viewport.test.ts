import { expect, it } from 'vitest';
import { enlarged, moved, toImage, wholeImage } from './viewport.ts';

const image = { width: 200, height: 100 };
const frame = { width: 400, height: 400 };

it('shows the whole image, centered', () => {
  expect(wholeImage(image, frame)).toEqual({ scale: 2, left: 0, top: 100 });
});

it('zooms about a point, which stays in place', () => {
  const view = enlarged(wholeImage(image, frame), 4, { x: 100, y: 180 }, image, frame);
  expect(view.scale).toBe(8);
  expect(toImage(view, { x: 100, y: 180 })).toEqual({ x: 50, y: 40 });
});

it('limits the scale from the whole image to sixteen screen pixels per image pixel', () => {
  const whole = wholeImage(image, frame);
  expect(enlarged(whole, 1000, { x: 0, y: 0 }, image, frame).scale).toBe(16);
  expect(enlarged(enlarged(whole, 3, { x: 9, y: 9 }, image, frame), 0.01, { x: 0, y: 0 }, image, frame)).toEqual(whole);
});

it('cannot be moved out of view', () => {
  const close = enlarged(wholeImage(image, frame), 4, { x: 0, y: 200 }, image, frame);
  expect(moved(close, 1e6, 1e6, image, frame)).toMatchObject({ left: 0, top: 0 });
  expect(moved(close, -1e6, -1e6, image, frame)).toMatchObject({ left: 400 - 1600, top: 400 - 800 });
});

import { ImageError, MaskError } from '@medclipseg/datasets';
import { expect, it } from 'vitest';
import { PlaygroundError } from '../worker/errors.ts';
import { explain, isAbort, isEngineReplaced, isGpuLoss } from './notices.ts';

it('explains files that cannot be opened: the file, what is wrong with it, and what to do', () => {
  const image = new ImageError('knee 2.dcm', 'pixel data', 'an RT structure set', {
    remedy: 'Choose the image series.',
  });
  expect(explain(image)).toEqual({
    kind: 'problem',
    text: 'knee 2.dcm cannot be opened: expected pixel data, but got an RT structure set. Choose the image series.',
  });
  expect(explain(new MaskError('truth.png', 'a mask', '0, 3, 9', 'Choose a label.')).text).toBe(
    'truth.png cannot be opened: expected a mask, but got 0, 3, 9. Choose a label.',
  );
});

it('explains all other errors in plain words, with the message as a detail', () => {
  const error = Object.assign(new Error('a: expected b, got c. Do d.'), { tag: 'weights/network' });
  expect(explain(error)).toMatchObject({
    text: expect.stringContaining('The download failed.'),
    detail: error.message,
  });
  for (const unknown of [new TypeError('x is not a function'), 'text', undefined, null, { tag: 7 }])
    expect(explain(unknown)).toMatchObject({ kind: 'problem', text: expect.stringContaining('Something went wrong.') });
});

it('recognizes errors by their fields, because those of workers arrive as plain errors', () => {
  expect(isAbort({ name: 'AbortError' })).toBe(true);
  expect(isGpuLoss({ tag: 'backends/gpu-lost' })).toBe(true);
  expect(isEngineReplaced(new PlaygroundError('playground/worker-ended', 'ended'))).toBe(true);
  expect([isAbort, isGpuLoss, isEngineReplaced].some((is) => is(undefined) || is(new Error('x')))).toBe(false);
});

import { expect, it } from 'vitest';
import { emptyMask } from '../painting/mask-editor.ts';
import { paintedSize, preventsTraining, problemOf } from './examples.ts';

const marked = { ...emptyMask(2, 1), data: Uint8Array.from([0, 255]) };

it('an example needs a prompt, and a mask unless the prompt says that there is nothing', () => {
  expect(problemOf({ mask: marked, prompt: ' ' })).toBe('no-prompt');
  expect(problemOf({ mask: emptyMask(2, 1), prompt: 'one small polyp' })).toBe('empty-mask');
  expect(problemOf({ mask: emptyMask(2, 1), prompt: 'no polyp in the image' })).toBeUndefined();
  expect(problemOf({ mask: marked, prompt: 'one small polyp' })).toBeUndefined();
});

it('a mask for a prompt that says that there is nothing is a warning only', () => {
  const problem = problemOf({ mask: marked, prompt: 'one polyp on normal mucosa' });
  expect(problem).toBe('unexpected-mask');
  expect(preventsTraining(problem)).toBe(false);
  expect([preventsTraining('empty-mask'), preventsTraining('no-prompt'), preventsTraining(undefined)]).toEqual([
    true,
    true,
    false,
  ]);
});

it('masks of large images are painted at a smaller size with the same aspect ratio', () => {
  expect(paintedSize({ width: 300, height: 200 })).toEqual({ width: 300, height: 200 });
  expect(paintedSize({ width: 6000, height: 4000 })).toEqual({ width: 768, height: 512 });
  expect(paintedSize({ width: 5000, height: 2 })).toEqual({ width: 768, height: 1 });
});

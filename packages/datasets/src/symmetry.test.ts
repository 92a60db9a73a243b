import fc from 'fast-check';
import { expect, it } from 'vitest';
import { applySymmetry, applySymmetryToPrompt, invertSymmetry, SYMMETRIES, type Symmetry } from './symmetry.ts';

const symmetry = fc.constantFrom(...SYMMETRIES);
const [identity] = SYMMETRIES as [Symmetry];
const SIZE = 5;

/** A 3x3 image with one bright pixel, and the words for its place. */
const places = [
  ['top left', 'top', 'top right'],
  ['left', 'center', 'right'],
  ['bottom left', 'bottom', 'bottom right'],
];
function marked(row: number, column: number) {
  const data = new Uint8Array(9);
  data[row * 3 + column] = 255;
  return { width: 3, height: 3, channels: 1 as const, data };
}

it('inverts each of the eight different symmetries', () => {
  const data = Uint8Array.from({ length: SIZE * SIZE }, (_, i) => i);
  const image = { width: SIZE, height: SIZE, channels: 1 as const, data };
  expect(new Set(SYMMETRIES.map((s) => applySymmetry(image, s).data.join())).size).toBe(8);
  expect(applySymmetry(image, identity)).toEqual(image);
  fc.assert(
    fc.property(symmetry, (s) => {
      expect([...invertSymmetry(Float32Array.from(applySymmetry(image, s).data), SIZE, s)]).toEqual([...data]);
    }),
  );
});

it('changes place words as the image changes', () => {
  fc.assert(
    fc.property(symmetry, fc.nat(2), fc.nat(2), (s, row, column) => {
      const at = applySymmetry(marked(row, column), s).data.indexOf(255);
      const prompt = (place: string) => `one small polyp, located in ${place} of the image`;
      expect(applySymmetryToPrompt(prompt(places[row]?.[column] as string), s)).toBe(
        prompt(places[Math.floor(at / 3)]?.[at % 3] as string),
      );
    }),
  );
});

it('keeps capitals and the style of place words', () => {
  const quarter = { transpose: true, acrossX: false, acrossY: false };
  expect(applySymmetryToPrompt('Upper-right of the lung', quarter)).toBe('Lower-left of the lung');
  expect(applySymmetryToPrompt('Left lung, lower lobe', { ...identity, acrossX: true, acrossY: true })).toBe(
    'Right lung, upper lobe',
  );
});

it('refuses an image that is not square', () => {
  const image = { width: 2, height: 3, channels: 1 as const, data: new Uint8Array(6) };
  expect(() => applySymmetry(image, identity)).toThrow('symmetry: expected a square image, got 2x3');
});

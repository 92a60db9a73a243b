import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SYMMETRIES, type Symmetry, turnBack, turnImage, turnPrompt } from './dihedral.ts';

const symmetry = fc.constantFrom(...SYMMETRIES);
const [identity] = SYMMETRIES as [Symmetry];
const SIZE = 5;

/** A picture with one bright ninth, and its place in words. */
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

it('eight different symmetries; each comes back to the original', () => {
  const data = Uint8Array.from({ length: SIZE * SIZE }, (_, i) => i);
  const image = { width: SIZE, height: SIZE, channels: 1 as const, data };
  expect(new Set(SYMMETRIES.map((s) => turnImage(image, s).data.join())).size).toBe(8);
  expect(turnImage(image, identity)).toEqual(image);
  fc.assert(
    fc.property(symmetry, (s) => {
      expect([...turnBack(Float32Array.from(turnImage(image, s).data), SIZE, s)]).toEqual([...data]);
    }),
  );
});

it('words of place follow the picture', () => {
  fc.assert(
    fc.property(symmetry, fc.nat(2), fc.nat(2), (s, row, column) => {
      const at = turnImage(marked(row, column), s).data.indexOf(255);
      const prompt = (place: string) => `one small polyp, located in ${place} of the image`;
      expect(turnPrompt(prompt(places[row]?.[column] as string), s)).toBe(
        prompt(places[Math.floor(at / 3)]?.[at % 3] as string),
      );
    }),
  );
});

it('keeps the manner of the words', () => {
  const quarter = { transpose: true, acrossX: false, acrossY: false };
  expect(turnPrompt('Upper-right of the lung', quarter)).toBe('Lower-left of the lung');
  expect(turnPrompt('Left lung, lower lobe', { ...identity, acrossX: true, acrossY: true })).toBe(
    'Right lung, upper lobe',
  );
});

it('refuses a picture that is not square', () => {
  const image = { width: 2, height: 3, channels: 1 as const, data: new Uint8Array(6) };
  expect(() => turnImage(image, identity)).toThrow('symmetry: expected a square picture, got 2x3');
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INSIDE, nextDiameter } from './brush.ts';
import { emptyMask, isBlank, MaskEditor, maskFrom } from './mask-editor.ts';
import { StrokeHistory } from './stroke-history.ts';

const paint = { diameter: 6, erases: false };
const erase = { diameter: 6, erases: true };
const painted = ({ mask }: MaskEditor) => mask.data.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0);
const at = ({ mask }: MaskEditor, x: number, y: number) => mask.data[y * mask.width + x];

const point = fc.record({ x: fc.integer({ min: -20, max: 120 }), y: fc.integer({ min: -20, max: 100 }) });
const stroke = fc.record({
  points: fc.array(point, { minLength: 1, maxLength: 5 }),
  brush: fc.record({ diameter: fc.integer({ min: 1, max: 40 }), erases: fc.boolean() }),
});

describe('the brush', () => {
  it('paints a disc of its diameter', () => {
    const editor = new MaskEditor(emptyMask(40, 40));
    editor.stroke([{ x: 20, y: 20 }], { diameter: 20, erases: false });
    expect(Math.abs(painted(editor) - Math.PI * 100)).toBeLessThan(12);
    expect([at(editor, 11, 20), at(editor, 28, 20), at(editor, 9, 20), at(editor, 13, 13)]).toEqual([
      INSIDE,
      INSIDE,
      0,
      INSIDE,
    ]);
    expect(at(editor, 12, 12)).toBe(0);
  });

  it('of one pixel paints the pixel under the pointer', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 9.99, noNaN: true }),
        fc.double({ min: 0, max: 9.99, noNaN: true }),
        (x, y) => {
          const editor = new MaskEditor(emptyMask(10, 10));
          editor.stroke([{ x, y }], { diameter: 1, erases: false });
          expect(at(editor, Math.floor(x), Math.floor(y))).toBe(INSIDE);
          expect(painted(editor)).toBeLessThanOrEqual(4);
        },
      ),
    );
  });

  it('leaves no gap between distant pointer events, in any direction', () => {
    fc.assert(
      fc.property(point, point, fc.integer({ min: 1, max: 9 }), (from, to, diameter) => {
        const editor = new MaskEditor(emptyMask(100, 80));
        editor.stroke([from, to], { diameter, erases: false });
        const missed = Array.from({ length: 201 }, (_, i) => i / 200).filter((t) => {
          const [x, y] = [from.x + t * (to.x - from.x), from.y + t * (to.y - from.y)];
          return x >= 0 && y >= 0 && x < 100 && y < 80 && at(editor, Math.floor(x), Math.floor(y)) !== INSIDE;
        });
        expect(missed).toEqual([]);
      }),
    );
  });

  it('returns the changed rectangle, and changes nothing outside of it', () => {
    fc.assert(
      fc.property(stroke, ({ points, brush }) => {
        const editor = new MaskEditor({ ...emptyMask(100, 80), data: new Uint8Array(8000).fill(INSIDE) });
        const rectangle = editor.stroke(points, { ...brush, erases: true });
        const outside = editor.mask.data.filter((_, i) => {
          const [x, y] = [i % 100, Math.floor(i / 100)];
          return !rectangle || x < rectangle.left || x >= rectangle.right || y < rectangle.top || y >= rectangle.bottom;
        });
        expect(outside.every((value) => value === INSIDE)).toBe(true);
      }),
    );
  });

  it('does not connect a stroke to the one before', () => {
    const editor = new MaskEditor(emptyMask(100, 80));
    editor.stroke([{ x: 10, y: 40 }], paint);
    editor.end();
    editor.stroke([{ x: 90, y: 40 }], paint);
    expect(at(editor, 50, 40)).toBe(0);
  });

  it('changes its size in noticeable steps within its limits', () => {
    expect([1, 2, 10, 256].map((d) => nextDiameter(d, 1))).toEqual([2, 3, 12, 256]);
    expect([1, 2, 12, 256].map((d) => nextDiameter(d, -1))).toEqual([1, 1, 10, 213]);
  });
});

describe('undo and redo', () => {
  it('visit every state in both directions', () => {
    fc.assert(
      fc.property(fc.array(stroke, { maxLength: 6 }), (strokes) => {
        const editor = new MaskEditor(emptyMask(100, 80));
        const states = [editor.mask.data.slice()];
        for (const { points, brush } of strokes) {
          editor.stroke(points, brush);
          if (editor.end()) states.push(editor.mask.data.slice());
        }
        for (const state of states.slice(0, -1).reverse()) {
          expect(editor.undo()).toBeDefined();
          expect(Buffer.compare(editor.mask.data, state)).toBe(0);
        }
        expect([editor.canUndo, editor.undo()]).toEqual([false, undefined]);
        for (const state of states.slice(1)) {
          expect(editor.redo()).toBeDefined();
          expect(Buffer.compare(editor.mask.data, state)).toBe(0);
        }
        expect([editor.canRedo, editor.redo()]).toEqual([false, undefined]);
      }),
    );
  });

  it('a new stroke after an undo clears the redo history', () => {
    const editor = new MaskEditor(emptyMask(100, 80));
    editor.stroke([{ x: 10, y: 10 }], paint);
    editor.end();
    editor.undo();
    editor.stroke([{ x: 50, y: 50 }], paint);
    editor.end();
    expect(editor.canRedo).toBe(false);
  });

  it('a stroke that changes nothing is not recorded', () => {
    const editor = new MaskEditor(emptyMask(100, 80));
    editor.stroke([{ x: 10, y: 10 }], erase);
    expect([editor.end(), editor.canUndo]).toEqual([false, false]);
  });

  it('a replacement by the model’s mask is one stroke', () => {
    const editor = new MaskEditor(emptyMask(4, 2));
    const probability = { width: 2, height: 1, channels: 1 as const, data: Uint8Array.from([20, 220]) };
    const prediction = maskFrom(probability, { width: 4, height: 2 });
    expect(editor.replace(prediction)).toBe(true);
    expect([...editor.mask.data]).toEqual([0, 0, 255, 255, 0, 0, 255, 255]);
    editor.undo();
    expect(isBlank(editor.mask)).toBe(true);
  });

  it('only changed tiles are kept, and the oldest strokes are dropped beyond the memory limit', () => {
    const mask = emptyMask(1000, 1000);
    const history = new StrokeHistory(mask, { maximumBytes: 3 * 64 * 64 });
    for (let n = 0; n < 10; n++) {
      history.keep({ left: n, top: 0, right: n + 1, bottom: 1 });
      mask.data[n] = INSIDE;
      history.close();
      expect(history.bytes).toBeLessThanOrEqual(3 * 64 * 64);
    }
    expect([history.undo(), history.undo(), history.undo(), history.undo()].filter(Boolean)).toHaveLength(3);
    expect(mask.data[6]).toBe(INSIDE);
    expect(mask.data[7]).toBe(0);
  });
});

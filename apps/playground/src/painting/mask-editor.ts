// Edits one mask: strokes, replacements, undo and redo. Returns the changed rectangle, so that only that is redrawn.
import { MASK_THRESHOLD, type RasterImage, resizeLinear } from '@medclipseg/datasets';
import { type Brush, INSIDE, type Point, paintSegment, segmentBounds } from './brush.ts';
import { around, type Extent, type Rectangle, whole } from './rectangle.ts';
import { StrokeHistory } from './stroke-history.ts';

export const emptyMask = (width: number, height: number): RasterImage => ({
  width,
  height,
  channels: 1,
  data: new Uint8Array(width * height),
});

/** A mask from a probability map of any size (0 to 255). Interpolation keeps its outline smooth. */
export function maskFrom(probability: RasterImage, { width, height }: Extent): RasterImage {
  const { data, ...rest } = resizeLinear(probability, width, height);
  return { ...rest, data: data.map((value) => (value >= MASK_THRESHOLD ? INSIDE : 0)) };
}

export const isBlank = ({ data }: RasterImage): boolean => data.every((value) => value === 0);

/** Owns a mask and its history. */
export class MaskEditor {
  readonly mask: RasterImage;
  readonly #history: StrokeHistory;
  #last: Point | undefined;

  constructor(mask: RasterImage) {
    this.mask = { ...mask, data: mask.data.slice() };
    this.#history = new StrokeHistory(this.mask);
  }

  get canUndo(): boolean {
    return this.#history.canUndo;
  }

  get canRedo(): boolean {
    return this.#history.canRedo;
  }

  /** Continues the stroke through the points, or begins a stroke. */
  stroke(points: readonly Point[], brush: Brush): Rectangle | undefined {
    let changed: Rectangle | undefined;
    for (const point of points) {
      const from = this.#last ?? point;
      this.#last = point;
      const bounds = segmentBounds(this.mask, from, point, brush);
      if (!bounds) continue;
      this.#history.keep(bounds);
      paintSegment(this.mask, from, point, brush);
      changed = around(changed, bounds);
    }
    return changed;
  }

  /** Ends the stroke. Returns whether it changed the mask. */
  end(): boolean {
    this.#last = undefined;
    return this.#history.close();
  }

  /** Replaces the mask by another of the same size, as one stroke. */
  replace({ data }: RasterImage): boolean {
    this.end();
    this.#history.keep(whole(this.mask));
    this.mask.data.set(data);
    return this.end();
  }

  undo(): Rectangle | undefined {
    this.end();
    return this.#history.undo();
  }

  redo(): Rectangle | undefined {
    this.end();
    return this.#history.redo();
  }
}

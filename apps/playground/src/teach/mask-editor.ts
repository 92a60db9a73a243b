// One mask under the brush: strokes, whole replacements, undo. Says which place changed, so that only that is drawn again.
import { MASK_THRESHOLD, type RasterImage, resizeLinear } from '@medclipseg/datasets';
import { type Brush, INSIDE, type Point, paintPiece, reachOf } from './brush.ts';
import { around, type Extent, type Rectangle, whole } from './rectangle.ts';
import { StrokeHistory } from './stroke-history.ts';

export const emptyMask = (width: number, height: number): RasterImage => ({
  width,
  height,
  channels: 1,
  data: new Uint8Array(width * height),
});

/** A mask to paint on from a probability of any size (0 to 255): its outline is smooth however small that was. */
export function maskFrom(probability: RasterImage, { width, height }: Extent): RasterImage {
  const { data, ...rest } = resizeLinear(probability, width, height);
  return { ...rest, data: data.map((value) => (value >= MASK_THRESHOLD ? INSIDE : 0)) };
}

export const isBlank = ({ data }: RasterImage): boolean => data.every((value) => value === 0);

/** Owns a mask and its strokes. */
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

  /** Paints from where the stroke is to the next points; the first points of a stroke begin it. */
  stroke(points: readonly Point[], brush: Brush): Rectangle | undefined {
    let changed: Rectangle | undefined;
    for (const point of points) {
      const from = this.#last ?? point;
      this.#last = point;
      const reach = reachOf(this.mask, from, point, brush);
      if (!reach) continue;
      this.#history.keep(reach);
      paintPiece(this.mask, from, point, brush);
      changed = around(changed, reach);
    }
    return changed;
  }

  /** Ends a stroke; returns whether it changed anything. */
  end(): boolean {
    this.#last = undefined;
    return this.#history.close();
  }

  /** Takes another mask of the same size, as one stroke. */
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

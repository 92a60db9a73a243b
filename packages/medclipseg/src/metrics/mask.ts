// Binary masks as the scores read them.

/** 0 and 1 per pixel. */
export type Mask = ArrayLike<number>;

export interface MaskImage {
  readonly width: number;
  readonly height: number;
  /** 0 and 1, row-major. */
  readonly data: Mask;
}

export interface Spacing {
  /** Size of a pixel, in any unit; distances come out in the same one. */
  readonly x: number;
  readonly y: number;
}

/** Distances in pixels. */
export const UNIT_SPACING: Spacing = { x: 1, y: 1 };

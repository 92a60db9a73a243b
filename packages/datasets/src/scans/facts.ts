// What a scan's header tells besides its pixels.

/** Millimeters between the centers of neighboring pixels, along a row and down a column. */
export interface PixelSpacing {
  readonly x: number;
  readonly y: number;
}

export interface ScanFacts {
  /** Frames or slices. */
  readonly pages: number;
  readonly spacing?: PixelSpacing;
}

/** A spacing if both distances are told and make sense. */
export const spacingOf = (x: number | undefined, y: number | undefined): PixelSpacing | undefined =>
  Number.isFinite(x) && Number.isFinite(y) && (x as number) > 0 && (y as number) > 0
    ? { x: x as number, y: y as number }
    : undefined;

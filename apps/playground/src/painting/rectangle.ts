// Rectangles of pixels, for redrawing and undoing only what a stroke changed.

/** In whole pixels; `right` and `bottom` are exclusive. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Extent {
  readonly width: number;
  readonly height: number;
}

export const whole = ({ width, height }: Extent): Rectangle => ({ left: 0, top: 0, right: width, bottom: height });

export const isEmpty = ({ left, top, right, bottom }: Rectangle): boolean => right <= left || bottom <= top;

/** The part of a rectangle that is within an image. */
export const within = ({ width, height }: Extent, { left, top, right, bottom }: Rectangle): Rectangle => ({
  left: Math.max(0, left),
  top: Math.max(0, top),
  right: Math.min(width, right),
  bottom: Math.min(height, bottom),
});

/** The smallest rectangle that contains both. */
export const around = (a: Rectangle | undefined, b: Rectangle): Rectangle =>
  a === undefined
    ? b
    : {
        left: Math.min(a.left, b.left),
        top: Math.min(a.top, b.top),
        right: Math.max(a.right, b.right),
        bottom: Math.max(a.bottom, b.bottom),
      };

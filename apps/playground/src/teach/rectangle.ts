// Rectangles of pixels: what a stroke changed, and nothing more, is drawn again and kept for undo.

/** Whole pixels; right and bottom are outside. */
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

/** The part of a rectangle that lies in a picture. */
export const within = ({ width, height }: Extent, { left, top, right, bottom }: Rectangle): Rectangle => ({
  left: Math.max(0, left),
  top: Math.max(0, top),
  right: Math.min(width, right),
  bottom: Math.min(height, bottom),
});

/** The smallest rectangle around both. */
export const around = (a: Rectangle | undefined, b: Rectangle): Rectangle =>
  a === undefined
    ? b
    : {
        left: Math.min(a.left, b.left),
        top: Math.min(a.top, b.top),
        right: Math.max(a.right, b.right),
        bottom: Math.max(a.bottom, b.bottom),
      };

// At which size pictures are drawn.

/** Long side of what is drawn over a picture: fine enough for smooth outlines, small enough to follow a slider. */
const [LEAST, MOST] = [720, 1200];
/** Long side of the picture itself. */
const PICTURE_MOST = 2400;

const scaled = (width: number, height: number, long: number): readonly [number, number] => {
  const scale = long / Math.max(width, height);
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
};

export const layerSize = (width: number, height: number): readonly [number, number] =>
  scaled(width, height, Math.min(MOST, Math.max(LEAST, Math.max(width, height))));

export const pictureSize = (width: number, height: number): readonly [number, number] =>
  scaled(width, height, Math.min(PICTURE_MOST, Math.max(width, height)));

/** Half the width of an outline on a layer. */
export const outlineReach = (long: number): number => Math.max(1, Math.round(long / 360));

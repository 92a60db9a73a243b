// The window of a gray image: which values are shown as black to white.
import type { WindowSetting } from '../worker/protocol.ts';
import { setWindow, shownImage } from './image.ts';

/** Four digits distinguish windows, and can be typed on the command line. */
const rounded = (value: number): number => Number(value.toPrecision(4));

/** The window of the open image as center and width; undefined where a table or a curve is in its place. */
export function windowShown(): WindowSetting | undefined {
  const { low, high } = shownImage.value?.window ?? {};
  if (low === undefined || high === undefined) return undefined;
  return { center: rounded((low + high) / 2), width: rounded(high - low || 1) };
}

/** The window that is being applied. */
let wanted: WindowSetting | undefined;

/** Sets the center or the width; what was set a moment ago stays, although it may not be applied yet. */
export function changeWindow(change: Partial<WindowSetting>): void {
  const before = wanted ?? windowShown();
  if (!before) return;
  const mine = { ...before, ...change };
  wanted = mine;
  void setWindow(mine).finally(() => {
    if (wanted === mine) wanted = undefined;
  });
}

let start: WindowSetting | undefined;
let moved: readonly [number, number] = [0, 0];

export function beginWindowDrag(): void {
  start = windowShown();
  moved = [0, 0];
}

/** Dragging to the right widens the window, dragging down raises its center, as in DICOM viewers. In fractions of the screen. */
export function dragWindow(dx: number, dy: number): void {
  if (!start) return;
  moved = [moved[0] + dx, moved[1] + dy];
  const width = rounded(start.width * 8 ** moved[0]);
  void setWindow({ center: rounded(start.center + moved[1] * start.width), width });
}

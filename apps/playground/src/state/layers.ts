// The layers over the image, redrawn when the result, the view or the threshold changes.
import { effect, signal } from '@preact/signals';
import type { ImageScores } from 'medclipseg/metrics';
import type { DrawnLayer, LayerOptions, MaskOptions, Measurements, Side, View } from '../worker/protocol.ts';
import { editCount, strokeCount } from './edits.ts';
import { images, shownImage, truth } from './image.ts';
import { latest } from './latest.ts';
import { notifyError } from './notices.ts';
import { results } from './results.ts';
import { largestOnly, threshold, uncertainty, view } from './settings.ts';

type PerSide<Value> = Readonly<Partial<Record<Side, Value>>>;

/** A drawn layer with its view, which differs from the selected view while the next layer is drawn. */
export interface Layer extends DrawnLayer {
  readonly view: View;
}

export const layers = signal<PerSide<Layer>>({});
export const measurements = signal<PerSide<Measurements>>({});
export const scores = signal<PerSide<ImageScores>>({});
/** The difference between the two prompts' results. */
export const difference = signal<ImageBitmap | undefined>(undefined);

export const maskOptions = (): MaskOptions => ({ threshold: threshold.value, largestOnly: largestOnly.value });

interface Request {
  readonly id: number | undefined;
  readonly side: Side;
  readonly hasResult: boolean;
}

const put = <Value>(target: { value: PerSide<Value> }, side: Side, value: Value | undefined): void => {
  target.value = { ...target.value, [side]: value };
};

const replaceLayer = (side: Side, layer: Layer | undefined): void => {
  const before = layers.value[side];
  put(layers, side, layer);
  before?.bitmap.close();
};

const drawing = (side: Side) =>
  latest(async ({ id, hasResult, options }: Request & { readonly options: LayerOptions }) => {
    const drawn = id !== undefined && hasResult ? await images().layer(id, side, options) : undefined;
    if (shownImage.value?.id === id) replaceLayer(side, drawn && { ...drawn, view: options.view });
    else drawn?.bitmap.close();
  });

const measuring = (side: Side) =>
  latest(
    async ({
      id,
      hasResult,
      options,
      scored,
    }: Request & { readonly options: MaskOptions; readonly scored: boolean }) => {
      const measured = id !== undefined && hasResult ? await images().measure(id, side, options) : undefined;
      const score = id !== undefined && hasResult && scored ? await images().score(id, side, options) : undefined;
      if (shownImage.value?.id !== id) return;
      put(measurements, side, measured);
      put(scores, side, score);
    },
  );

const differing = latest(async ({ id, both }: { readonly id: number | undefined; readonly both: boolean }) => {
  const bitmap = id !== undefined && both ? await images().differenceLayer(id) : undefined;
  difference.value?.close();
  difference.value = bitmap;
});

/** Called once, when the page starts. */
export function followResults(): void {
  for (const side of ['a', 'b'] as const) {
    const draw = drawing(side);
    const measure = measuring(side);
    effect(() => {
      const request = { id: shownImage.value?.id, side, hasResult: Boolean(results.value[side]) };
      // Subscribes to the ground truth and to corrections, so that they are drawn at once.
      void [truth.value, editCount.value];
      const options = { ...maskOptions(), view: view.value, uncertainty: uncertainty.value };
      void draw({ ...request, options }).catch(notifyError);
    });
    effect(() => {
      const request = { id: shownImage.value?.id, side, hasResult: Boolean(results.value[side]) };
      void strokeCount.value;
      void measure({ ...request, options: maskOptions(), scored: truth.value !== undefined }).catch(notifyError);
    });
  }
  effect(() => {
    const both = Boolean(results.value.a && results.value.b);
    void differing({ id: shownImage.value?.id, both }).catch(notifyError);
  });
}

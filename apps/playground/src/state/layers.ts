// What lies over the picture, drawn anew when result, view or threshold change.
import { effect, signal } from '@preact/signals';
import type { ImageScores } from 'medclipseg/metrics';
import type { Look, MaskRule, Measures, Side, View } from '../worker/protocol.ts';
import { explain } from './explain.ts';
import { latest } from './latest.ts';
import { say } from './notices.ts';
import { picture, truth } from './picture.ts';
import { pictures } from './pictures.ts';
import { results } from './results.ts';
import { largestOnly, threshold, uncertainty, view } from './settings.ts';

type PerSide<Value> = Readonly<Partial<Record<Side, Value>>>;

/** A drawn layer, and the view that it is of: a new one takes a moment. */
export interface Layer {
  readonly bitmap: ImageBitmap;
  readonly view: View;
}

export const layers = signal<PerSide<Layer>>({});
export const measures = signal<PerSide<Measures>>({});
export const scores = signal<PerSide<ImageScores>>({});
/** Where the two prompts differ. */
export const difference = signal<ImageBitmap | undefined>(undefined);

export const maskRule = (): MaskRule => ({ threshold: threshold.value, largestOnly: largestOnly.value });

interface Request {
  readonly id: number | undefined;
  readonly side: Side;
  readonly hasResult: boolean;
}

const put = <Value>(target: { value: PerSide<Value> }, side: Side, value: Value | undefined): void => {
  target.value = { ...target.value, [side]: value };
};

const keepLayer = (side: Side, layer: Layer | undefined): void => {
  const before = layers.value[side];
  put(layers, side, layer);
  before?.bitmap.close();
};

const drawing = (side: Side) =>
  latest(async ({ id, hasResult, look }: Request & { readonly look: Look }) => {
    const bitmap = id !== undefined && hasResult ? await pictures().layer(id, side, look) : undefined;
    if (picture.value?.id === id) keepLayer(side, bitmap && { bitmap, view: look.view });
    else bitmap?.close();
  });

const measuring = (side: Side) =>
  latest(async ({ id, hasResult, rule, scored }: Request & { readonly rule: MaskRule; readonly scored: boolean }) => {
    const measured = id !== undefined && hasResult ? await pictures().measure(id, side, rule) : undefined;
    const score = id !== undefined && hasResult && scored ? await pictures().score(id, side, rule) : undefined;
    if (picture.value?.id !== id) return;
    put(measures, side, measured);
    put(scores, side, score);
  });

const differing = latest(async ({ id, both }: { readonly id: number | undefined; readonly both: boolean }) => {
  const bitmap = id !== undefined && both ? await pictures().differenceLayer(id) : undefined;
  difference.value?.close();
  difference.value = bitmap;
});

const orSay = (work: Promise<void>): void => void work.catch((error) => say(explain(error)));

/** Starts to follow; once, when the page starts. */
export function followResults(): void {
  for (const side of ['a', 'b'] as const) {
    const draw = drawing(side);
    const measure = measuring(side);
    effect(() => {
      const request = { id: picture.value?.id, side, hasResult: Boolean(results.value[side]) };
      // Read here, so that a new true mask is drawn at once.
      void truth.value;
      orSay(draw({ ...request, look: { ...maskRule(), view: view.value, uncertainty: uncertainty.value } }));
    });
    effect(() => {
      const request = { id: picture.value?.id, side, hasResult: Boolean(results.value[side]) };
      orSay(measure({ ...request, rule: maskRule(), scored: truth.value !== undefined }));
    });
  }
  effect(() => {
    orSay(differing({ id: picture.value?.id, both: Boolean(results.value.a && results.value.b) }));
  });
}

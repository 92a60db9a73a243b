// What the page asks of the engine to teach a model.
import type { Modality, RasterImage } from '@medclipseg/datasets';

/** What is learned from, as it crosses to the engine. */
export interface TaughtExample {
  readonly name: string;
  /** RGB, square. */
  readonly image: RasterImage;
  /** 0 and 255; of any size, stretched over the picture. */
  readonly mask: RasterImage;
  readonly prompt: string;
}

/** What the open model makes of an example. */
export interface Tried {
  /** Index of the example. */
  readonly index: number;
  /** Dice of its mask, 0..1. */
  readonly dice: number;
  /** One channel, 0 to 255, at the model's size. */
  readonly probability: RasterImage;
}

export interface TeachStep {
  /** Counted from 1. */
  readonly step: number;
  /** All steps of this training. */
  readonly steps: number;
  readonly loss: number;
}

export type TeachEnd =
  | { readonly kind: 'done' | 'stopped' }
  /** The loss was no number; the model is as it was before this training. */
  | { readonly kind: 'diverged'; readonly step: number; readonly names: readonly string[] };

/** What can be taken back. */
export interface Taught {
  /** Trainings that {@link TeachApi.undoTeaching} can take back, one at a time. */
  readonly undos: number;
  /** Whether the model differs from the one that was opened. */
  readonly changed: boolean;
}

export interface TeachApi {
  /** Trains the adapters, the upscaler and the mask head of the open model on some examples; its encoders stay as they are. */
  teach(examples: readonly TaughtExample[], steps: number, onStep: (step: TeachStep) => void): Promise<TeachEnd>;
  /** After the step under way; what was learned so far can be tried meanwhile. */
  pauseTeaching(): void;
  resumeTeaching(): void;
  /** Ends the training after the step under way; what was learned stays. */
  stopTeaching(): void;
  /** The model as it was before the last training. */
  undoTeaching(): Taught;
  /** The model as it was opened. */
  resetTeaching(): Taught;
  taught(): Taught;
  /** Segments each example without noise, so that what comes before and after a training can be compared. */
  tryExamples(examples: readonly TaughtExample[], onTried: (tried: Tried) => void): Promise<void>;
  /** An example whose mask is known. @param size of its picture, which is square */
  drawExample(modality: Modality, seed: number, size: number): TaughtExample;
  /** The open model as a checkpoint that `medclipseg` opens. */
  saveTaught(): Promise<Uint8Array>;
}

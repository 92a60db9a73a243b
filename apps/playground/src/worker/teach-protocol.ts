// What the page asks of the engine to teach a model.
import type { RasterImage } from '@medclipseg/datasets';

/** What is learnt from, as it crosses to the engine. */
export interface TaughtExample {
  readonly name: string;
  /** RGB, square. */
  readonly image: RasterImage;
  /** 0 and 255; of any size, stretched over the picture. */
  readonly mask: RasterImage;
  readonly sentence: string;
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
  teach(examples: readonly TaughtExample[], onStep: (step: TeachStep) => void): Promise<TeachEnd>;
  /** After the step under way; what was learnt so far can be tried meanwhile. */
  pauseTeaching(): void;
  resumeTeaching(): void;
  /** Ends the training after the step under way; what was learnt stays. */
  stopTeaching(): void;
  /** The model as it was before the last training. */
  undoTeaching(): Taught;
  /** The model as it was opened. */
  resetTeaching(): Taught;
  taught(): Taught;
  /** Dice (0..1) of the open model on each example, with one sample each. */
  scoreExamples(examples: readonly TaughtExample[], onScore: (index: number, dice: number) => void): Promise<void>;
  /** The open model as a checkpoint that `medclipseg` opens. */
  saveTaught(): Promise<Uint8Array>;
}

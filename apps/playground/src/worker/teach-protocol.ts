// The messages between the page and the engine for training a model.
import type { Modality, RasterImage } from '@medclipseg/datasets';

export interface TrainingExample {
  /** Distinguishes examples with the same name. */
  readonly id: string;
  readonly name: string;
  /** RGB, square. */
  readonly image: RasterImage;
  /** 0 and 255; any size, stretched over the image. */
  readonly mask: RasterImage;
  readonly prompt: string;
}

/** The open model's result for an example. */
export interface Evaluated {
  /** Index of the example. */
  readonly index: number;
  /** Dice score of its mask, 0 to 1. */
  readonly dice: number;
  /** One channel, 0 to 255, at the model's input size. */
  readonly probability: RasterImage;
}

export interface TeachStep {
  /** Counted from 1. */
  readonly step: number;
  /** Total steps of this training. */
  readonly steps: number;
  readonly loss: number;
}

export type TeachEnd =
  | { readonly kind: 'done' | 'stopped' }
  /** The loss was not finite; the model is as it was before this training. */
  | { readonly kind: 'diverged'; readonly step: number; readonly names: readonly string[] };

/** What the model has learned, and what can be undone. */
export interface Taught {
  /** Ids of the examples that it was trained on. */
  readonly images: readonly string[];
  /** Number of trainings that {@link TeachApi.undoTeaching} can undo, one at a time. */
  readonly undos: number;
  /** Whether the model differs from the one that was opened. */
  readonly changed: boolean;
}

export interface TeachApi {
  /** Trains the adapters, the upscaler and the mask head of the open model; its encoders stay frozen. */
  teach(examples: readonly TrainingExample[], steps: number, onStep: (step: TeachStep) => void): Promise<TeachEnd>;
  /** Pauses after the current step. The model can be used meanwhile. */
  pauseTeaching(): void;
  resumeTeaching(): void;
  /** Ends the training after the current step and keeps its result. */
  stopTeaching(): void;
  /** Restores the model as it was before the last training. */
  undoTeaching(): Taught;
  /** Restores the model as it was opened. */
  resetTeaching(): Taught;
  taught(): Taught;
  /** Segments each example without noise, so that results before and after a training are comparable. */
  evaluateExamples(examples: readonly TrainingExample[], onEvaluated: (result: Evaluated) => void): Promise<void>;
  /** A phantom as an example. @param size width and height */
  drawExample(modality: Modality, seed: number, size: number): Omit<TrainingExample, 'id'>;
  /** The open model as a checkpoint file. */
  saveTaught(): Promise<Uint8Array>;
}

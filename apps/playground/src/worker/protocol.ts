// The messages between the page and its two workers. Only plain data, typed arrays and bitmaps cross.
import type { Modality, Place, RasterImage } from '@medclipseg/datasets';
import type { Estimate, HubModel } from 'medclipseg';
import type { ImageScores } from 'medclipseg/metrics';
import type { TeachApi } from './teach-protocol.ts';

/** The user's choice of device. */
export type DevicePreference = 'auto' | 'webgpu' | 'wasm';

/** The device in use, and why it was selected. */
export interface Device {
  readonly backend: 'webgpu' | 'wasm' | 'cpu';
  /** The graphics adapter, if the browser names it. */
  readonly adapter?: string;
  readonly reason: 'asked' | 'gpu-works' | 'no-webgpu' | 'no-adapter' | 'software-gpu' | 'gpu-lost' | 'gpu-failed';
}

/** Where a model is loaded from. */
export type ModelSource =
  | { readonly kind: 'built-in' }
  | { readonly kind: 'file'; readonly file: Blob; readonly name: string; readonly tokenizer?: Blob }
  | { readonly kind: 'hub'; readonly repo: string; readonly path: string; readonly name: string };

/** Endings of files that may hold a model. */
export const MODEL_ENDINGS = ['.safetensors', '.pth', '.pt', '.bin'] as const;

/** Endings of tokenizer files: `tokenizer.json`, `vocab.txt`, `merges.txt`, `bpe_simple_vocab_16e6.txt.gz`. */
export const TOKENIZER_ENDINGS = ['.json', '.txt', '.gz'] as const;

const endsIn = (endings: readonly string[]) => (name: string) =>
  endings.some((ending) => name.toLowerCase().endsWith(ending));

export const isModelFile = endsIn(MODEL_ENDINGS);
export const isTokenizerFile = (name: string): boolean =>
  endsIn(TOKENIZER_ENDINGS)(name) && !name.toLowerCase().endsWith('.nii.gz');

/** A model on the hub. */
export interface ListedModel extends HubModel {
  readonly repo: string;
  /** Size of its file. */
  readonly bytes: number;
}

export interface ModelFacts {
  /** SHA-256 of the model's file. */
  readonly sha256: string;
  /** Width and height that images are resized to. */
  readonly imageSize: number;
  readonly parameters: number;
  /** Size of the weights in memory. */
  readonly bytes: number;
  readonly adapters: number;
  /** Number of token ids. */
  readonly vocabulary: number;
}

export interface Progress {
  readonly loaded: number;
  readonly total: number;
}

export interface Sampling {
  readonly samples: number;
  readonly seed: number;
}

/** The engine worker: everything that needs tfjs. */
export interface EngineApi extends TeachApi {
  /** Selects the device. Called once, before anything else. */
  start(preference: DevicePreference): Promise<Device>;
  /** Lists the models of a hub repository, or only the one at a path. Downloads no weights. */
  listHub(repo: string, path?: string): Promise<readonly ListedModel[]>;
  openModel(source: ModelSource, onProgress: (progress: Progress) => void): Promise<ModelFacts>;
  /** The nouns that the model was trained with, if the prompt has none of them and the model lists them. */
  unknownPrompt(prompt: string): readonly string[] | undefined;
  /** Computes one sample after another. Resolves when all are done or after {@link stop}, and reports which. */
  segment(
    image: RasterImage,
    prompt: string,
    sampling: Sampling,
    onSample: (estimate: Estimate, milliseconds: number) => void,
  ): Promise<'done' | 'stopped'>;
  /** Cancels opening a model or segmenting. */
  stop(): void;
  memory(): { readonly tensors: number; readonly bytes: number };
}

/** Millimeters between the centers of neighboring pixels. */
export interface Spacing {
  readonly x: number;
  readonly y: number;
}

/** An image that the image worker holds under its id. */
export interface ShownImage {
  readonly id: number;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly spacing?: Spacing;
  /** For display; at most a few megapixels. */
  readonly bitmap: ImageBitmap;
}

/** A file with several pages, frames or slices, one of which must be chosen. */
export interface Pages {
  readonly pages: number;
}

/** A label map, of which one label or all must be chosen. */
export interface Labels {
  readonly labels: readonly string[];
}

export interface TruthOptions {
  readonly page?: number;
  /** A label of the label map, or `all`. */
  readonly label?: string;
}

export interface ShownPhantom extends ShownImage {
  readonly modality: Modality;
  readonly prompt: string;
}

export const VIEWS = ['overlay', 'outline', 'probability', 'uncertainty', 'errors'] as const;
export type View = (typeof VIEWS)[number];
export const UNCERTAINTIES = ['predictive', 'expected', 'mutual'] as const;
export type Uncertainty = (typeof UNCERTAINTIES)[number];

/** A layer, and the values at the ends of its color scale if it has one. */
export interface DrawnLayer {
  readonly bitmap: ImageBitmap;
  readonly range?: readonly [minimum: number, maximum: number];
}

/** How a probability map becomes a mask. */
export interface MaskOptions {
  readonly threshold: number;
  readonly largestOnly: boolean;
}

export interface LayerOptions extends MaskOptions {
  readonly view: View;
  readonly uncertainty: Uncertainty;
}

export interface Measurements {
  readonly pixels: number;
  readonly share: number;
  readonly squareMillimeters?: number;
  /** Mean predictive uncertainty over the image, in nats. */
  readonly meanUncertainty: number;
  /** Sum of the uncertainty over the image by pixels of the mask, in nats; undefined for an empty mask. */
  readonly uncertaintyPerForeground?: number;
  /** Dice score that the model's own probabilities predict for the mask; undefined for an empty mask. */
  readonly expectedDice?: number;
  /** Locations of the mask's connected parts, in reading order, without repeats. */
  readonly places: readonly Place[];
  /** The location with the most uncertainty. */
  readonly leastCertain: Place;
  /** Whether the mask touches the border of the image. */
  readonly touchesBorder: boolean;
}

/** The two prompts, and their results. */
export const SIDES = ['a', 'b'] as const;
export type Side = (typeof SIDES)[number];

export const EXPORTS = ['mask', 'probability', 'uncertainty', 'uncertainty-color', 'overlay'] as const;
export type Export = (typeof EXPORTS)[number];

/** The image worker: decoding, drawing, measuring, encoding. Does not load tfjs. */
export interface ImagesApi {
  /** SHA-256 of a file of any kind. */
  hash(file: Blob): Promise<string>;
  open(file: Blob, name: string, page?: number): Promise<ShownImage | Pages>;
  phantom(modality: Modality, seed: number, size?: number): Promise<ShownPhantom>;
  /** Discards an image, its ground truth and its results. */
  close(id: number): void;
  /** The image resized to a model's input size. */
  forModel(id: number, size: number): RasterImage;
  /** Reads a file as the image's ground truth. Resolves to the choice that must be made first, if any. */
  openTruth(id: number, file: Blob, name: string, options?: TruthOptions): Promise<undefined | Pages | Labels>;
  /** The ground truth as a mask of 0 and 255. */
  truthMask(id: number): RasterImage | undefined;
  /** Reads a mask of 0 and 255 of any size. @param aspect width divided by height that it must have */
  readMask(file: Blob, name: string, aspect: number, options?: TruthOptions): Promise<RasterImage | Pages | Labels>;
  /** Uses the mask that a phantom was generated with as the ground truth. */
  openPhantomTruth(id: number): void;
  removeTruth(id: number): void;
  setResult(id: number, side: Side, estimate: Estimate | undefined): void;
  /** A result drawn for display over the image; transparent where there is nothing to show. */
  layer(id: number, side: Side, options: LayerOptions): DrawnLayer;
  /** The difference between the results of the two prompts. */
  differenceLayer(id: number): ImageBitmap;
  measure(id: number, side: Side, options: MaskOptions): Measurements;
  score(id: number, side: Side, options: MaskOptions): ImageScores;
  encode(id: number, side: Side, options: MaskOptions, what: Export): Promise<Blob>;
}

// What the page asks of its two workers. Only plain data, typed arrays and bitmaps cross.
import type { Modality, Place, RasterImage } from '@medclipseg/datasets';
import type { HubEntry } from '@medclipseg/weights/hub';
import type { Estimate } from 'medclipseg';
import type { ImageScores } from 'medclipseg/metrics';
import type { TeachApi } from './teach-protocol.ts';

/** What the person prefers to compute with. */
export type Compute = 'auto' | 'webgpu' | 'wasm';

/** What computes, and why it and nothing faster. */
export interface Machine {
  readonly backend: 'webgpu' | 'wasm' | 'cpu';
  /** The graphics adapter, where the browser tells. */
  readonly device?: string;
  readonly reason: 'asked' | 'gpu-works' | 'no-webgpu' | 'no-adapter' | 'software-gpu' | 'gpu-lost' | 'gpu-failed';
}

/** Where a model comes from. */
export type ModelSource =
  | { readonly kind: 'built-in' }
  | { readonly kind: 'file'; readonly file: Blob; readonly name: string; readonly tokenizer?: Blob }
  | { readonly kind: 'hub'; readonly repo: string; readonly path: string };

export interface ModelFacts {
  /** Width and height that pictures are resized to. */
  readonly imageSize: number;
  readonly parameters: number;
  /** Of the weights in memory. */
  readonly bytes: number;
  readonly adapters: number;
  /** Words or word pieces that it knows. */
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

/** The network and everything that needs tfjs. */
export interface EngineApi extends TeachApi {
  /** Chooses the backend. Once, before anything else. */
  start(compute: Compute): Promise<Machine>;
  /** Files of a hub repository that may be models. */
  listHub(repo: string): Promise<readonly HubEntry[]>;
  openModel(source: ModelSource, onProgress: (progress: Progress) => void): Promise<ModelFacts>;
  /** Samples one after another; resolves when all are done or {@link stop} was called, and says which. */
  segment(
    image: RasterImage,
    prompt: string,
    sampling: Sampling,
    onSample: (estimate: Estimate, milliseconds: number) => void,
  ): Promise<'done' | 'stopped'>;
  /** Ends opening or sampling soon. */
  stop(): void;
  memory(): { readonly tensors: number; readonly bytes: number };
}

/** Millimeters between the centers of neighboring pixels. */
export interface Spacing {
  readonly x: number;
  readonly y: number;
}

/** A picture that the pictures worker holds under its id. */
export interface Picture {
  readonly id: number;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly spacing?: Spacing;
  /** To be shown; at most some megapixels. */
  readonly bitmap: ImageBitmap;
}

/** A file of several pages, one of which must be chosen. */
export interface Pages {
  readonly pages: number;
}

export interface DrawnPhantom extends Picture {
  readonly modality: Modality;
  readonly prompt: string;
}

export const VIEWS = ['overlay', 'outline', 'probability', 'uncertainty', 'errors'] as const;
export type View = (typeof VIEWS)[number];
export const UNCERTAINTIES = ['predictive', 'expected', 'mutual'] as const;
export type Uncertainty = (typeof UNCERTAINTIES)[number];

/** What makes a mask of a probability. */
export interface MaskRule {
  readonly threshold: number;
  readonly largestOnly: boolean;
}

export interface Look extends MaskRule {
  readonly view: View;
  readonly uncertainty: Uncertainty;
}

export interface Measures {
  readonly pixels: number;
  readonly share: number;
  readonly squareMillimeters?: number;
  /** Mean predictive uncertainty over the picture, in nats. */
  readonly meanUncertainty: number;
  /** Where the parts of the mask lie, in reading order, each place once. */
  readonly places: readonly Place[];
}

/** Results of the two prompts. */
export const SIDES = ['a', 'b'] as const;
export type Side = (typeof SIDES)[number];

export const EXPORTS = ['mask', 'probability', 'uncertainty', 'uncertainty-color', 'overlay'] as const;
export type Export = (typeof EXPORTS)[number];

/** Pictures: decoding, drawing, measuring, encoding. Knows no tfjs. */
export interface PicturesApi {
  open(file: Blob, name: string, page?: number): Promise<Picture | Pages>;
  phantom(modality: Modality, seed: number, size?: number): Promise<DrawnPhantom>;
  /** Forgets a picture, its true mask and its results. */
  close(id: number): void;
  /** The picture at a model's size. */
  forModel(id: number, size: number): RasterImage;
  /** Takes a file as the picture's true mask. */
  openTruth(id: number, file: Blob, name: string, page?: number): Promise<undefined | Pages>;
  /** Takes the mask that a phantom was drawn with. */
  drawnTruth(id: number): void;
  forgetTruth(id: number): void;
  setResult(id: number, side: Side, estimate: Estimate | undefined): void;
  /** What lies over the picture, transparent where nothing does. */
  layer(id: number, side: Side, look: Look): ImageBitmap;
  /** Where the two prompts differ. */
  differenceLayer(id: number): ImageBitmap;
  measure(id: number, side: Side, rule: MaskRule): Measures;
  score(id: number, side: Side, rule: MaskRule): ImageScores;
  encode(id: number, side: Side, rule: MaskRule, what: Export): Promise<Blob>;
}

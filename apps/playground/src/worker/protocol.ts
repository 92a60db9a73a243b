// The messages between the page and its two workers. Only plain data, typed arrays and bitmaps cross.
import type { Modality, Place, RasterImage } from '@medclipseg/datasets';
import type { GrayWindow, SliceEdges } from '@medclipseg/datasets/browser';
import type { Estimate, HubModel } from 'medclipseg';
import type { ImageScores } from 'medclipseg/metrics';
import type { Brush, Point } from '../painting/brush.ts';
import type { TeachApi } from './teach-protocol.ts';

/** The user's choice of device. */
export type DevicePreference = 'auto' | 'webgpu' | 'wasm';

/** The device in use, and why it was selected. */
export interface Device {
  readonly backend: 'webgpu' | 'wasm' | 'cpu';
  /** The graphics adapter, if the browser names it. */
  readonly adapter?: string;
  /** Of WebAssembly: half as many as cores, at most 8, if the page is cross-origin isolated. */
  readonly threads?: number;
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
  /** As {@link segment}, without the results of single samples; undefined after {@link stop}. */
  segmentSlice(image: RasterImage, prompt: string, sampling: Sampling): Promise<Estimate | undefined>;
  /** Cancels opening a model or segmenting. */
  stop(): void;
  memory(): { readonly tensors: number; readonly bytes: number };
}

/** Millimeters between the centers of neighboring pixels. */
export interface Spacing {
  readonly x: number;
  readonly y: number;
}

/** Values shown as black to white: from center - width/2 to center + width/2. */
export interface WindowSetting {
  readonly center: number;
  readonly width: number;
}

/** The place of a slice, page or frame in its file. */
export interface SliceFacts {
  /** From 0, as on the command line. */
  readonly index: number;
  readonly count: number;
  /** Absent for pages and frames, which have no common geometry. */
  readonly volume?: {
    readonly shape: readonly [number, number, number];
    readonly spacing?: readonly [number, number, number];
    /** Directions in which voxel indices grow, such as `LAS`. */
    readonly orientation?: string;
    /** The axis that slices are counted along: i, j or k. */
    readonly axis: string;
    readonly plane?: string;
    /** In cubic millimeters. */
    readonly voxelVolume?: number;
  };
}

/** An image that the image worker holds under its id. Each slice of a volume is an image of its own. */
export interface ShownImage {
  readonly id: number;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly spacing?: Spacing;
  /** Height over width of a pixel. */
  readonly pixelAspect: number;
  readonly slice?: SliceFacts;
  /** Letters of the patient's directions at the edges. */
  readonly edges?: SliceEdges;
  /** Of gray images whose values can be shown through another window. */
  readonly window?: GrayWindow;
  /** Windows to choose from. */
  readonly presets: Readonly<Record<string, WindowSetting>>;
  /** What was assumed. */
  readonly notes: readonly string[];
  /** For display; at most a few megapixels. */
  readonly bitmap: ImageBitmap;
  /** Name of the ground truth. */
  readonly truth?: string;
}

/** A slice, with the results that it has already. */
export interface SoughtSlice extends ShownImage {
  readonly estimates: Readonly<Partial<Record<Side, Estimate>>>;
}

/** A file with several pages, frames or slices, one of which must be chosen. */
export interface Pages {
  readonly pages: number;
}

/** A file of several volumes, one of which must be chosen. */
export interface Volumes {
  readonly volumes: number;
}

/** A file that is only shown through a window, which must be chosen. */
export interface Windows {
  readonly windows: Readonly<Record<string, WindowSetting>>;
}

export interface OpenOptions {
  /** Slice, page or frame; by default the middle one of volumes, where lesions are most likely, and the first one of other files. */
  readonly index?: number;
  readonly window?: WindowSetting;
  /** Volume of a file of several. */
  readonly volume?: number;
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
  /** Pixels that were added and removed by hand; undefined if the mask is the result's. */
  readonly edited?: { readonly added: number; readonly removed: number };
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

export const EXPORTS = ['mask', 'overlay', 'probability', 'uncertainty', 'uncertainty-color'] as const;
export type Export = (typeof EXPORTS)[number];

/** A change of the mask of a result by hand. Points are in pixels of the image. */
export type Edit =
  | { readonly kind: 'stroke'; readonly points: readonly Point[]; readonly brush: Brush }
  | { readonly kind: 'end' | 'undo' | 'redo' | 'discard' };

/** What can be undone of the corrections of a mask. */
export interface Edits {
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Whether the mask differs from the result's. */
  readonly isEdited: boolean;
}

export interface VolumeMask {
  readonly file: Blob;
  /** Whether the file is gzipped. */
  readonly isPacked: boolean;
  /** The slices with results. */
  readonly slices: readonly number[];
  readonly foregroundVoxels: number;
  readonly milliliters?: number;
  /** Whether the mask of a slice was corrected by hand. */
  readonly isEdited: boolean;
}

/** The image worker: decoding, drawing, measuring, encoding. Does not load tfjs. */
export interface ImagesApi {
  /** SHA-256 of a file of any kind. */
  hash(file: Blob): Promise<string>;
  open(file: Blob, name: string, options?: OpenOptions): Promise<ShownImage | Volumes | Windows>;
  /** Opens the DICOM files of a series as a volume. Reports files that do not belong to it. */
  openSeries(
    files: ReadonlyMap<string, Blob>,
    options?: OpenOptions,
  ): Promise<(ShownImage & { readonly leftOut: readonly string[] }) | Windows>;
  /** Goes to another slice of the same file. */
  seek(id: number, index: number): Promise<SoughtSlice>;
  /** Shows the file through another window, or by default through its own. Results stay. */
  setWindow(id: number, window: WindowSetting | undefined): Promise<ShownImage>;
  phantom(modality: Modality, seed: number, size?: number): Promise<ShownPhantom>;
  /** Number of images held, for diagnostics. */
  count(): number;
  /** Discards an image with all slices of its file, their ground truth and their results. */
  close(id: number): void;
  /** The image resized to a model's input size. */
  forModel(id: number, size: number): RasterImage;
  /** As {@link forModel}, for another slice of the same file. */
  sliceForModel(id: number, index: number, size: number): Promise<{ readonly id: number; readonly image: RasterImage }>;
  /** Paints on the mask of a result, or undoes that. */
  edit(id: number, side: Side, options: MaskOptions, edit: Edit): Edits;
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
  /** The masks of all slices of a volume as NIfTI; slices without a result are empty. */
  encodeVolume(id: number, side: Side, options: MaskOptions): Promise<VolumeMask>;
}

// The slices of a volume, or the pages or frames of a file: which of them there are, and how each is displayed.
import { describeImage, type RasterImage } from '@medclipseg/datasets';
import {
  type Axis,
  CT_WINDOWS,
  decodeImage,
  dicomFacts,
  displayedGeometry,
  displayedSlice,
  type GrayWindow,
  groupSlices,
  openVolume,
  orientationOf,
  planeAcross,
  type SliceEdges,
  type SliceGroup,
  type Volume,
} from '@medclipseg/datasets/browser';
import { PlaygroundError } from './errors.ts';
import type { OpenOptions, SliceFacts, Spacing, WindowSetting } from './protocol.ts';

/** One slice as displayed. */
export interface Slice {
  readonly image: RasterImage;
  readonly window?: GrayWindow;
  readonly notes: readonly string[];
}

export interface Stack {
  readonly name: string;
  readonly count: number;
  readonly spacing?: Spacing;
  /** Height over width of a pixel. */
  readonly pixelAspect: number;
  readonly edges?: SliceEdges;
  /** Windows to choose from. */
  readonly presets: Readonly<Record<string, WindowSetting>>;
  /** Through the window that was set last. */
  readonly read: (index: number) => Promise<Slice>;
  /** Undefined restores the file's own. Throws `ArgumentError`. */
  readonly setWindow: (window: WindowSetting | undefined) => void;
  /** The volume and its axis, if the slices belong to one; packed if its file is, or if it comes from several files. */
  readonly volume?: { readonly current: () => Volume; readonly axis: Axis; readonly isPacked: boolean };
  /** Reads the ground truth of a slice, if there is one for all of them. */
  truth?: { readonly name: string; readonly at: (index: number) => Promise<Uint8Array> };
}

/** The largest value of 12 bits. */
const TWELVE_BITS = 4095;
const FULL_TWELVE_BITS: WindowSetting = { center: TWELVE_BITS / 2, width: TWELVE_BITS };

function volumeStack(opened: Volume, isPacked: boolean): Stack {
  const axis = opened.acquisitionAxis;
  const { spacing, edges } = displayedGeometry(opened, axis);
  let shown = opened;
  const isCt = opened.window?.low !== undefined && opened.window.low < -100;
  return {
    name: opened.name,
    count: opened.shape[axis],
    spacing,
    pixelAspect: spacing ? spacing.y / spacing.x : 1,
    edges,
    presets: opened.through && isCt ? CT_WINDOWS : {},
    async read(index) {
      return { image: displayedSlice(shown, axis, index), window: shown.window, notes: opened.notes };
    },
    setWindow(window) {
      shown = window ? (opened.through?.(window) ?? opened) : opened;
    },
    volume: { current: () => shown, axis, isPacked },
  };
}

/** The letters at the edges of a DICOM image that is displayed as stored. */
function edgesOf(bytes: Uint8Array, name: string): SliceEdges | undefined {
  try {
    const [row, column] = dicomFacts(bytes, name).orientation ?? [];
    if (!row || !column) return undefined;
    // Directions are to the left, posterior and superior.
    const letter = (direction: readonly number[], sign: 1 | -1): string => {
      const sizes = direction.map(Math.abs);
      const axis = sizes.indexOf(Math.max(...sizes));
      return (sign * (direction[axis] as number) > 0 ? 'LPS' : 'RAI')[axis] as string;
    };
    return { left: letter(row, -1), right: letter(row, 1), top: letter(column, -1), bottom: letter(column, 1) };
  } catch {
    // Files without a place in a series.
    return undefined;
  }
}

/** The pages of a file that is no volume. */
async function pageStack(bytes: Uint8Array, name: string, asked: WindowSetting | undefined): Promise<Stack> {
  const { format, pages, spacing, pixelAspect = 1 } = await describeImage(bytes, { name });
  let setting = asked;
  return {
    name,
    count: pages,
    spacing,
    pixelAspect,
    edges: format === 'dicom' ? edgesOf(bytes, name) : undefined,
    presets: format === 'png' || format === 'tiff' ? { '12 bits': FULL_TWELVE_BITS } : {},
    async read(index) {
      const decode = async (window: WindowSetting | undefined) => {
        const found: { window?: GrayWindow } = {};
        const notes: string[] = [];
        const image = await decodeImage(bytes, {
          name,
          page: index,
          window,
          onWindow: (one) => {
            found.window = one;
          },
          onWarning: (note) => notes.push(note.slice(note.startsWith(`${name}: `) ? name.length + 2 : 0)),
        });
        return { image, window: found.window, notes };
      };
      const slice = await decode(setting);
      // By its high byte, as the published pipeline shows it, an image of 12 bits is nearly black.
      const { values, source, high = 0 } = slice.window ?? {};
      if (source !== 'depth' || high <= 255 || !values || values.high > TWELVE_BITS || values.high === 0) return slice;
      const bright = await decode(FULL_TWELVE_BITS);
      const { center, width } = FULL_TWELVE_BITS;
      return {
        ...bright,
        window: { ...bright.window, source: 'depth', values },
        notes: [`12-bit values in a 16-bit file: shown from 0 to ${TWELVE_BITS}, as with --window ${center},${width}.`],
      };
    },
    setWindow(window) {
      setting = window;
    },
  };
}

/** Opens a file. A file with windows to choose from, or of several volumes, throws or returns the choice. */
export async function openStack(
  bytes: Uint8Array,
  name: string,
  { window, volume }: Pick<OpenOptions, 'window' | 'volume'>,
): Promise<Stack | { readonly volumes: number }> {
  const { format, pages, volumes = 1 } = await describeImage(bytes, { name });
  if (format !== 'nifti' || (pages === 1 && volumes === 1)) return pageStack(bytes, name, window);
  if (volumes > 1 && volume === undefined) return { volumes };
  return volumeStack(await openVolume(bytes, { name, volume, window }), /\.gz$/i.test(name));
}

export interface OpenedSeries {
  readonly stack: Stack;
  /** Names of files that were left out. */
  readonly leftOut: readonly string[];
}

/** Opens the DICOM series of several files. Throws `PlaygroundError` where they are no series. */
export async function openSeries(
  files: ReadonlyMap<string, Uint8Array>,
  window: WindowSetting | undefined,
): Promise<OpenedSeries> {
  const facts = [...files].map(([path, bytes]) => dicomFacts(bytes, path));
  const { entries } = groupSlices(facts);
  const series = entries
    .filter((entry): entry is SliceGroup => entry.kind === 'volume')
    .toSorted((a, b) => b.slices.length - a.slices.length)[0];
  if (!series) {
    const broken = entries.find((entry) => entry.kind === 'broken');
    throw new PlaygroundError(
      'playground/series',
      `${files.size} DICOM files: expected the slices of one series, got ${broken?.kind === 'broken' ? broken.reason : 'single images'}. Choose one file, or all files of a series.`,
    );
  }
  const paths = new Set(series.slices.map(({ path }) => path));
  const first = series.slices[0]?.path ?? 'series';
  const name = `${first.replace(/\.[^.]*$/, '')} (series)`;
  const read = async (path: string) => files.get(path) as Uint8Array;
  return {
    stack: volumeStack(await openVolume({ series, read }, { name, window }), true),
    leftOut: [...files.keys()].filter((path) => !paths.has(path)),
  };
}

/** What the page shows of a slice's place. */
export function sliceFacts(stack: Stack, index: number): SliceFacts | undefined {
  if (stack.count === 1 && !stack.volume) return undefined;
  const { volume } = stack;
  const shown = volume?.current();
  return {
    index,
    count: stack.count,
    ...(volume &&
      shown && {
        volume: {
          shape: shown.shape,
          spacing: shown.spacing,
          orientation: orientationOf(shown),
          axis: 'ijk'[volume.axis] as string,
          plane: planeAcross(shown, volume.axis),
          voxelVolume: shown.voxelVolume,
        },
      }),
  };
}

// Which DICOM files make a volume: grouped by series, sorted along the normal of the slices, refused where slices are missing or doubled.
import { parseDicom } from '../scans/dicom-file.ts';
import { frameCount, holderOf, layoutOf, TAGS } from '../scans/dicom-layout.ts';
import { plainBytes } from '../scans/scan.ts';
import { kindWithoutPixels } from '../scans/sop-classes.ts';
import type { Triple } from './volume.ts';

const [SOP_CLASS, SOP_INSTANCE, SERIES] = [0x00080016, 0x00080018, 0x0020000e];
const [IMAGE_TYPE, MODALITY, SERIES_NUMBER] = [0x00080008, 0x00080060, 0x00200011];
const [POSITION, ORIENTATION, FRAME_OF_REFERENCE] = [0x00200032, 0x00200037, 0x00200052];

/** What the header of a DICOM file says about its place in a volume. */
export interface DicomFacts {
  readonly path: string;
  /** Why the file is no image, such as `a DICOM structured report (SR)`. */
  readonly withoutPixels?: string;
  readonly series: string;
  readonly seriesNumber?: number;
  readonly instance: string;
  readonly sopClass: string;
  readonly frameOfReference?: string;
  readonly modality: string;
  readonly frames: number;
  readonly rows: number;
  readonly columns: number;
  readonly isLocalizer: boolean;
  readonly isSegmentation: boolean;
  /** Center of the first pixel, mm to the left, posterior and superior (LPS). */
  readonly position?: Triple;
  /** Directions of a row and of a column, LPS. */
  readonly orientation?: readonly [Triple, Triple];
  /** Millimeters between rows, between columns. */
  readonly spacing?: readonly [number, number];
}

/** Reads what {@link groupSlices} needs. The bytes may end within the pixels. Throws `FormatError` for damaged files. */
export function dicomFacts(bytes: Uint8Array, path: string): DicomFacts {
  const file = parseDicom(plainBytes(bytes));
  const { data } = file;
  const hasPixels = [0x7fe00010, 0x7fe00008, 0x7fe00009].some((tag) => data.get(tag));
  const sopClass = data.text(SOP_CLASS) ?? file.mediaClass ?? '';
  const modality = data.text(MODALITY) ?? '';
  const numbers = (tag: number, count: number, holder = data) => {
    const values = Array.from({ length: count }, (_, i) => holder.decimal(tag, i));
    return values.every((value) => value !== undefined) ? (values as number[]) : undefined;
  };
  const orientation = numbers(ORIENTATION, 6);
  const kind = kindWithoutPixels(sopClass, modality);
  const { rows, columns } = layoutOf(file);
  return {
    path,
    ...(!hasPixels && { withoutPixels: kind ? `a DICOM ${kind}` : 'a DICOM file without pixels' }),
    series: data.text(SERIES) ?? '',
    seriesNumber: data.decimal(SERIES_NUMBER),
    instance: data.text(SOP_INSTANCE) ?? '',
    sopClass,
    frameOfReference: data.text(FRAME_OF_REFERENCE),
    modality,
    frames: frameCount(data),
    rows,
    columns,
    isLocalizer: (data.text(IMAGE_TYPE) ?? '').split('\\').includes('LOCALIZER'),
    isSegmentation: modality === 'SEG',
    position: numbers(POSITION, 3) as Triple | undefined,
    ...(orientation && {
      orientation: [orientation.slice(0, 3), orientation.slice(3)] as unknown as readonly [Triple, Triple],
    }),
    spacing: numbers(TAGS.pixelSpacing, 2, holderOf(data, TAGS.pixelSpacing, 0)) as [number, number] | undefined,
  };
}

/** A file with the reason why it is not segmented. */
export interface LeftOut {
  readonly path: string;
  readonly reason: string;
}

/** The slices of one volume, in the order of their positions. */
export interface SliceGroup {
  readonly kind: 'volume';
  readonly slices: readonly DicomFacts[];
  readonly notes: readonly string[];
}

/** A series that is not a volume that can be trusted. */
export interface BrokenSeries {
  readonly kind: 'broken';
  readonly slices: readonly DicomFacts[];
  readonly reason: string;
}

/** A file that is an image on its own. */
export interface SingleFile {
  readonly kind: 'image';
  readonly file: DicomFacts;
}

const cross = (a: Triple, b: Triple): Triple => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const dot = (a: Triple, b: Triple) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** Largest difference of direction cosines, and share of spacing, within a volume: decimal strings are rounded. */
const SAME = 1e-3;
/** Largest difference of a slice from its place on the line of all slices, as a share of their distance. */
const PLACE = 0.05;

const isSameGeometry = (a: DicomFacts, b: DicomFacts): boolean =>
  a.rows === b.rows &&
  a.columns === b.columns &&
  (a.orientation as readonly Triple[]).every((axis, i) =>
    axis.every((value, k) => Math.abs(value - ((b.orientation as readonly Triple[])[i] as Triple)[k as 0]) <= SAME),
  ) &&
  (a.spacing as readonly number[]).every(
    (value, i) => Math.abs(value - ((b.spacing as readonly number[])[i] as number)) <= SAME * value,
  );

const at = (value: number): string => `${Number(value.toFixed(2))} mm`;

/** Why sorted slices of one geometry are not one volume, or nothing. */
function faultOf(sorted: readonly { readonly file: DicomFacts; readonly along: number }[]): string | undefined {
  const gaps = sorted.slice(1).map(({ along }, i) => along - (sorted[i] as { along: number }).along);
  const middle = [...gaps].sort((a, b) => a - b)[gaps.length >> 1] as number;
  const doubled = gaps.findIndex((gap) => gap < 1e-3);
  if (doubled >= 0) {
    const count = gaps.filter((gap) => gap < 1e-3).length;
    const { along } = sorted[doubled] as { along: number };
    return `${count} of ${sorted.length} slices are where another one is, the first at ${at(along)}: several time points, echoes or reconstructions in one series. Put each into a folder of its own`;
  }
  const uneven = gaps.findIndex((gap) => Math.abs(gap - middle) > PLACE * middle);
  if (uneven < 0) return undefined;
  const [before, after, gap] = [sorted[uneven], sorted[uneven + 1], gaps[uneven]] as [
    { along: number },
    { along: number },
    number,
  ];
  const missing = gap / middle - 1;
  const where = `between ${at(before.along)} and ${at(after.along)}, where slices are ${at(middle)} apart`;
  if (missing > 0.5 && Math.abs(missing - Math.round(missing)) < 2 * PLACE)
    return `${Math.round(missing)} missing ${Math.round(missing) === 1 ? 'slice' : 'slices'} ${where}. Copy the whole series`;
  return `a distance of ${at(gap)} ${where}. Resample the series to equal distances`;
}

/** Slices of one series that have positions: a volume, or why they are none. */
function volumeOf(slices: readonly DicomFacts[], notes: readonly string[]): SliceGroup | BrokenSeries {
  const [first] = slices as [DicomFacts];
  const others = slices.filter((file) => !isSameGeometry(first, file));
  if (others.length > 0)
    return {
      kind: 'broken',
      slices,
      reason: `slices of several sizes, spacings or directions (${slices.length - others.length} and ${others.length}) in one series. Split it`,
    };
  const normal = cross(...(first.orientation as readonly [Triple, Triple]));
  const sorted = slices
    .map((file) => ({ file, along: dot(normal, file.position as Triple) }))
    .sort((a, b) => a.along - b.along || (a.file.path < b.file.path ? -1 : 1));
  const fault = faultOf(sorted);
  if (fault) return { kind: 'broken', slices: sorted.map(({ file }) => file), reason: fault };
  // All on one line, at equal distances: otherwise no matrix describes them.
  const [start, end] = [sorted[0], sorted.at(-1)].map((entry) => entry?.file.position) as [Triple, Triple];
  const distance = Math.hypot(...end.map((value, k) => value - start[k as 0])) / (sorted.length - 1);
  const off = sorted.find(({ file }, i) =>
    (file.position as Triple).some(
      (value, k) =>
        Math.abs(value - (start[k as 0] + ((end[k as 0] - start[k as 0]) * i) / (sorted.length - 1))) >
        PLACE * distance,
    ),
  );
  if (off)
    return { kind: 'broken', slices, reason: `slices that are not on one line, such as ${off.file.path}. Split it` };
  const tilt =
    (Math.acos(
      Math.min(
        1,
        Math.abs(dot(normal, end.map((v, k) => v - start[k as 0]) as unknown as Triple)) /
          (distance * (sorted.length - 1)),
      ),
    ) *
      180) /
    Math.PI;
  const tilted = tilt > 0.5 ? [`The slices are sheared by ${tilt.toFixed(1)}°, as with a tilted gantry.`] : [];
  return { kind: 'volume', slices: sorted.map(({ file }) => file), notes: [...notes, ...tilted] };
}

const folderOf = ({ path }: DicomFacts): string => path.replace(/[\\/][^\\/]*$/, '');

/**
 * The slices of a series by their folders, if several folders have slices at the same positions: its time points are then in folders of their own.
 * Otherwise one part, since media spread large series over folders.
 */
function separated(slices: readonly DicomFacts[]): (readonly DicomFacts[])[] {
  const folders = new Map<string, DicomFacts[]>();
  for (const slice of slices) folders.set(folderOf(slice), [...(folders.get(folderOf(slice)) ?? []), slice]);
  const positions = new Set(slices.map(({ position }) => JSON.stringify(position)));
  return folders.size > 1 && positions.size < slices.length ? [...folders.values()] : [slices];
}

export interface SliceGroups {
  readonly entries: readonly (SliceGroup | BrokenSeries | SingleFile)[];
  /** Files that are no images to segment, such as reports and localizers. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * Divides DICOM files into volumes and images. Files without a position in the patient, and series of one file, are images; localizers,
 * segmentations and objects without pixels are left out. Does not depend on the order of the files.
 */
export function groupSlices(files: readonly DicomFacts[]): SliceGroups {
  const leftOut: LeftOut[] = [];
  const images: SingleFile[] = [];
  const series = new Map<string, DicomFacts[]>();
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const out = file.withoutPixels ?? (file.isSegmentation ? 'a DICOM segmentation' : undefined);
    if (out) leftOut.push({ path: file.path, reason: out });
    else if (file.frames > 1 || !file.position || !file.orientation || !file.spacing || !file.series)
      images.push({ kind: 'image', file });
    else series.set(file.series, [...(series.get(file.series) ?? []), file]);
  }
  const volumes: (SliceGroup | BrokenSeries)[] = [];
  for (const members of series.values()) {
    const localizers = members.filter(({ isLocalizer }) => isLocalizer);
    for (const { path } of localizers) leftOut.push({ path, reason: 'a localizer' });
    const seen = new Set<string>();
    const slices = members.filter((file) => {
      if (file.isLocalizer) return false;
      if (file.instance && seen.has(file.instance)) return false;
      seen.add(file.instance);
      return true;
    });
    const copies = members.length - localizers.length - slices.length;
    const notes = [
      ...(localizers.length > 0 ? [`Localizers were left out: ${localizers.length}.`] : []),
      ...(copies > 0 ? [`Second copies of slices were left out: ${copies}.`] : []),
    ];
    for (const part of separated(slices))
      if (part.length === 1) images.push({ kind: 'image', file: part[0] as DicomFacts });
      else if (part.length > 1) volumes.push(volumeOf(part, notes));
  }
  return { entries: [...volumes, ...images], leftOut };
}

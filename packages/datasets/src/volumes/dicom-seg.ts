// DICOM Segmentation objects (PS3.3 section A.51) from label maps of a series. The bytes are written by dcmjs, an optional package.
/// <reference path="./dcmjs.d.ts" />
import { createHash } from 'node:crypto';
import { ArgumentError, DatasetError, ImageError } from '../errors.ts';
import type { DicomFacts, SliceGroup } from './dicom-groups.ts';
import type { Triple } from './volume.ts';

export interface SegSegment {
  /** Name shown by viewers, at most 64 characters. */
  readonly label: string;
  readonly description: string;
  /** 0 to 255. */
  readonly color: readonly [red: number, green: number, blue: number];
}

export interface SegOptions {
  /** Segment n is where the label is n. */
  readonly segments: readonly SegSegment[];
  readonly algorithm: { readonly name: string; readonly version: string };
  /** Names what made the labels, such as the settings as JSON: with the labels and the series it determines the object's identifiers. */
  readonly origin: string;
}

const SEG_CLASS = '1.2.840.10008.5.1.4.1.1.66.4';

type Dcmjs = typeof import('dcmjs')['default'];

async function requireDcmjs(): Promise<Dcmjs> {
  const dcmjs = await import('dcmjs').then(
    ({ default: found }) => found,
    () => undefined,
  );
  if (!dcmjs)
    throw new DatasetError(
      'datasets/dcmjs',
      'dcmjs: expected to be installed to write DICOM segmentations, got no such package. Run `npm install dcmjs`.',
    );
  // The library prints its own warnings about files.
  dcmjs.log.setLevel('silent');
  return dcmjs;
}

/** A unique identifier from the digest of a text (PS3.5 annex B.2): the same inputs give the same object, byte for byte. */
const identifierOf = (text: string): string =>
  `2.25.${BigInt(`0x${createHash('sha256').update(text).digest('hex').slice(0, 32)}`)}`;

const code = (CodeValue: string, CodingSchemeDesignator: string, CodeMeaning: string) => [
  { CodeValue, CodingSchemeDesignator, CodeMeaning },
];

/** Attributes of patient and study that an object of the same study repeats. All of them may be empty, but not absent. */
const COPIED = [
  ...['PatientName', 'PatientID', 'PatientBirthDate', 'PatientSex'],
  ...['StudyInstanceUID', 'StudyDate', 'StudyTime', 'StudyID', 'AccessionNumber', 'ReferringPhysicianName'],
];
/** Attributes that are repeated where the series has them. */
const COPIED_IF_PRESENT = [
  ...['PatientAge', 'PatientWeight', 'PatientSize', 'StudyDescription'],
  ...['PositionReferenceIndicator', 'BodyPartExamined', 'Laterality'],
];

/** Decimal strings have at most 16 characters. */
const decimal = (value: number): string => {
  for (let digits = 15; digits > 5; digits--) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= 16) return text;
  }
  return value.toPrecision(6);
};
const decimals = (values: readonly number[]) => values.map(decimal);

/** At most 64 characters, without the backslash that separates values. */
const short = (text: string) => text.replaceAll('\\', '/').slice(0, 64).trim() || 'segment';

/** One frame after another, one bit per pixel, from the lowest bit of each byte on. */
function packBits(
  frames: readonly { readonly segment: number; readonly slice: number }[],
  labels: Uint8Array,
  size: number,
) {
  const bytes = new Uint8Array(2 * Math.ceil((frames.length * size) / 16));
  frames.forEach(({ segment, slice }, frame) => {
    for (let i = 0, bit = frame * size; i < size; i++, bit++)
      if (labels[slice * size + i] === segment) bytes[bit >> 3] = (bytes[bit >> 3] as number) | (1 << (bit & 7));
  });
  return bytes;
}

/** Segments in their slices; a slice without a segment has no frame, except where all are empty. */
function framesOf(labels: Uint8Array, segments: number, slices: number, size: number) {
  const all = Array.from({ length: segments }, (_, s) =>
    Array.from({ length: slices }, (_, slice) => ({ segment: s + 1, slice })),
  ).flat();
  const filled = all.filter(({ segment, slice }) =>
    labels.subarray(slice * size, (slice + 1) * size).includes(segment),
  );
  return filled.length > 0 ? filled : all;
}

/**
 * A DICOM segmentation of a series: binary, one segment per label, each frame referring to its slice. Date and time of its content are those
 * of the series, and its identifiers come from the contents, so that the same labels give the same bytes.
 *
 * @param series the slices, in the order of the volume that was segmented
 * @param labels 0 where there is no segment; column, row, slice, the column fastest
 * @param first bytes of any slice, for the attributes of patient and study
 * @throws {DatasetError} if dcmjs is not installed or cannot read the slice
 */
export async function encodeDicomSeg(
  series: Pick<SliceGroup, 'slices'>,
  labels: Uint8Array,
  first: Uint8Array,
  { segments, algorithm, origin }: SegOptions,
): Promise<Uint8Array> {
  const { slices } = series;
  const [start, end] = [slices[0], slices.at(-1)] as [DicomFacts, DicomFacts];
  const size = start.rows * start.columns;
  if (labels.length !== size * slices.length)
    throw new ArgumentError(
      'labels',
      `${size * slices.length} voxels for ${slices.length} slices of ${start.columns}x${start.rows}`,
      `${labels.length}`,
      'Pass the labels in the order of the series.',
    );
  const { data, log: _ } = await requireDcmjs();
  let source: Record<string, unknown>;
  try {
    const { dict } = data.DicomMessage.readFile(Uint8Array.from(first).buffer, { untilTag: '7FE00010' });
    source = data.DicomMetaDictionary.naturalizeDataset(dict);
  } catch (cause) {
    throw new ImageError(start.path, 'attributes for a DICOM segmentation', 'bytes that dcmjs does not read', {
      cause,
      remedy: 'Write the file again, for example with dcmconv.',
    });
  }
  const copied = Object.fromEntries([
    ...COPIED.map((name) => [name, source[name] ?? '']),
    ...COPIED_IF_PRESENT.flatMap((name) => (source[name] === undefined ? [] : [[name, source[name]]])),
  ]);
  const digest = createHash('sha256').update(labels).digest('hex');
  const identity = JSON.stringify([slices.map(({ instance }) => instance), digest, segments, algorithm, origin]);
  const identifier = (part: string) => identifierOf(`${part} ${identity}`);
  const frames = framesOf(labels, segments.length, slices.length, size);
  const places = [...new Set(frames.map(({ slice }) => slice))].sort((a, b) => a - b);
  const [a, b] = [start.position, end.position] as [Triple, Triple];
  const distance = Math.hypot(...b.map((value, k) => value - a[k as 0])) / Math.max(1, slices.length - 1);
  const date = source.ContentDate || source.SeriesDate || source.StudyDate || '19000101';
  const time = source.ContentTime || source.SeriesTime || source.StudyTime || '000000';
  const references = slices.map(({ sopClass, instance }) => ({
    ReferencedSOPClassUID: sopClass,
    ReferencedSOPInstanceUID: instance,
  }));
  const dimensions = identifier('dimensions');

  const dataset: Record<string, unknown> = {
    _meta: {},
    _vrMap: { PixelData: 'OB' },
    SpecificCharacterSet: 'ISO_IR 192',
    ImageType: ['DERIVED', 'PRIMARY'],
    SOPClassUID: SEG_CLASS,
    SOPInstanceUID: identifier('instance'),
    ...copied,
    Modality: 'SEG',
    SeriesInstanceUID: identifier('series'),
    SeriesNumber: `${1000 + Math.min(9000, Math.max(0, Math.trunc(start.seriesNumber ?? 0)))}`,
    SeriesDescription: short(`Segmentation by ${algorithm.name}, for research only`),
    InstanceNumber: '1',
    ContentDate: date,
    ContentTime: time,
    ContentLabel: 'SEGMENTATION',
    ContentDescription: short(segments.map(({ label }) => label).join(', ')),
    ContentCreatorName: '',
    Manufacturer: algorithm.name,
    ManufacturerModelName: algorithm.name,
    DeviceSerialNumber: '1',
    SoftwareVersions: algorithm.version,
    FrameOfReferenceUID: start.frameOfReference ?? '',
    PositionReferenceIndicator: copied.PositionReferenceIndicator ?? '',
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    NumberOfFrames: `${frames.length}`,
    Rows: start.rows,
    Columns: start.columns,
    BitsAllocated: 1,
    BitsStored: 1,
    HighBit: 0,
    PixelRepresentation: 0,
    LossyImageCompression: source.LossyImageCompression ?? '00',
    ...(source.LossyImageCompression === '01' && {
      LossyImageCompressionRatio: source.LossyImageCompressionRatio ?? '1',
      LossyImageCompressionMethod: source.LossyImageCompressionMethod ?? 'ISO_10918_1',
    }),
    SegmentationType: 'BINARY',
    SegmentsOverlap: 'NO',
    ReferencedSeriesSequence: [{ SeriesInstanceUID: start.series, ReferencedInstanceSequence: references }],
    SegmentSequence: segments.map(({ label, description, color }, i) => ({
      SegmentNumber: i + 1,
      SegmentLabel: short(label),
      SegmentDescription: description.slice(0, 1024),
      SegmentAlgorithmType: 'AUTOMATIC',
      SegmentAlgorithmName: short(algorithm.name),
      SegmentationAlgorithmIdentificationSequence: [
        {
          AlgorithmFamilyCodeSequence: code('123110', 'DCM', 'Artificial Intelligence'),
          AlgorithmName: short(algorithm.name),
          AlgorithmVersion: short(algorithm.version),
        },
      ],
      SegmentedPropertyCategoryCodeSequence: code('49755003', 'SCT', 'Morphologically Abnormal Structure'),
      SegmentedPropertyTypeCodeSequence: code('52988006', 'SCT', 'Lesion'),
      RecommendedDisplayCIELabValue: data.Colors.rgb2DICOMLAB(color.map((value) => value / 255)).map(Math.round),
      TrackingID: short(label),
      TrackingUID: identifier(`segment ${i + 1}`),
    })),
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: dimensions }],
    DimensionIndexSequence: [
      {
        DimensionOrganizationUID: dimensions,
        DimensionIndexPointer: 0x0062000b,
        FunctionalGroupPointer: 0x0062000a,
        DimensionDescriptionLabel: 'ReferencedSegmentNumber',
      },
      {
        DimensionOrganizationUID: dimensions,
        DimensionIndexPointer: 0x00200032,
        FunctionalGroupPointer: 0x00209113,
        DimensionDescriptionLabel: 'ImagePositionPatient',
      },
    ],
    SharedFunctionalGroupsSequence: [
      {
        PixelMeasuresSequence: [
          {
            SliceThickness: source.SliceThickness || decimal(distance),
            SpacingBetweenSlices: decimal(distance),
            PixelSpacing: decimals(start.spacing as readonly number[]),
          },
        ],
        PlaneOrientationSequence: [
          { ImageOrientationPatient: decimals((start.orientation as readonly Triple[]).flat()) },
        ],
      },
    ],
    PerFrameFunctionalGroupsSequence: frames.map(({ segment, slice }) => ({
      DerivationImageSequence: [
        {
          SourceImageSequence: [
            {
              ...references[slice],
              SpatialLocationsPreserved: 'YES',
              PurposeOfReferenceCodeSequence: code('121322', 'DCM', 'Source image for image processing operation'),
            },
          ],
          DerivationCodeSequence: code('113076', 'DCM', 'Segmentation'),
        },
      ],
      FrameContentSequence: [{ DimensionIndexValues: [segment, places.indexOf(slice) + 1] }],
      PlanePositionSequence: [{ ImagePositionPatient: decimals(slices[slice]?.position as Triple) }],
      SegmentIdentificationSequence: [{ ReferencedSegmentNumber: segment }],
    })),
    PixelData: [packBits(frames, labels, size).buffer],
  };
  return new Uint8Array(data.datasetToDict(dataset).write());
}

// How the pixels of a DICOM file are stored (PS3.3 section C.7.6.3), and what its functional groups say about a frame (C.7.6.16).

import { FormatError } from '../images/bytes.ts';
import type { DicomDataSet, DicomFile } from './dicom-file.ts';

export interface PixelLayout {
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  /** Bits of a sample in the file: 1, 8, 16 or 32. */
  readonly allocated: number;
  /** Bits that count, the highest of them being `highBit`. */
  readonly stored: number;
  readonly highBit: number;
  readonly signed: boolean;
  /** Whether all first samples come first, then all second ones. */
  readonly planar: boolean;
  readonly photometric: string;
  readonly transferSyntax: string;
}

/** The decoded samples of a frame, interleaved, before any window. */
export interface StoredFrame {
  readonly values:
    | Uint8Array
    | Int8Array
    | Uint16Array
    | Int16Array
    | Uint32Array
    | Int32Array
    | Float32Array
    | Float64Array;
  /** What the samples mean after decompression, which may turn YBR into RGB. */
  readonly photometric: string;
  /** Bits of a sample that count. */
  readonly bits: number;
}

/** The distance of a frame's pixels and the attributes that turn its stored values into grays. */
export const TAGS = {
  rescaleIntercept: 0x00281052,
  rescaleSlope: 0x00281053,
  modalityLut: 0x00283000,
  windowCenter: 0x00281050,
  windowWidth: 0x00281051,
  voiFunction: 0x00281056,
  voiLut: 0x00283010,
  pixelSpacing: 0x00280030,
} as const;

/** The functional group that holds an attribute in enhanced multi-frame objects. */
const GROUPS: Readonly<Record<number, number>> = {
  [TAGS.rescaleIntercept]: 0x00289145,
  [TAGS.rescaleSlope]: 0x00289145,
  [TAGS.windowCenter]: 0x00289132,
  [TAGS.windowWidth]: 0x00289132,
  [TAGS.voiFunction]: 0x00289132,
  [TAGS.voiLut]: 0x00289132,
  [TAGS.pixelSpacing]: 0x00289110,
};
const [SHARED_GROUPS, FRAME_GROUPS] = [0x52009229, 0x52009230];

/** The data set that says an attribute of a frame: the frame's own functional group, the shared one, or the file. */
export function holderOf(data: DicomDataSet, tag: number, frame: number): DicomDataSet {
  const group = GROUPS[tag];
  if (group === undefined) return data;
  for (const holder of [data.items(FRAME_GROUPS)[frame], data.items(SHARED_GROUPS)[0]]) {
    const found = holder?.items(group)[0];
    if (found?.get(tag)) return found;
  }
  return data;
}

export function layoutOf({ data, transferSyntax }: DicomFile): PixelLayout {
  const float = data.get(0x7fe00008) ? 32 : data.get(0x7fe00009) ? 64 : undefined;
  const allocated = float ?? data.word(0x00280100) ?? 8;
  const stored = float ?? data.word(0x00280101) ?? allocated;
  const samples = data.word(0x00280002) ?? 1;
  const highBit = float ? stored - 1 : (data.word(0x00280102) ?? stored - 1);
  const described = `${samples} ${samples === 1 ? 'sample' : 'samples'} of ${stored} bits in ${allocated}, high bit ${highBit}`;
  if (samples < 1 || samples > 4) throw new FormatError(described, '1 to 4 samples per pixel');
  if (!float && ![1, 8, 16, 32].includes(allocated))
    throw new FormatError(described, '1, 8, 16 or 32 bits allocated', 'Convert the file to 16 bits.');
  if (stored < 1 || stored > allocated || highBit >= allocated || highBit + 1 < stored)
    throw new FormatError(
      described,
      'stored bits that lie within the allocated bits',
      'Correct Bits Stored and High Bit in the file.',
    );
  return {
    rows: data.word(0x00280010) ?? 0,
    columns: data.word(0x00280011) ?? 0,
    samples,
    allocated,
    stored,
    highBit,
    signed: data.word(0x00280103) === 1,
    planar: data.word(0x00280006) === 1,
    photometric: data.text(0x00280004) ?? 'MONOCHROME2',
    transferSyntax,
  };
}

export const frameCount = (data: DicomDataSet): number => {
  const count = data.decimal(0x00280008) ?? 1;
  return Number.isInteger(count) && count > 0 ? count : 1;
};

// Minimal DICOM files: 16-bit gray, explicit VR little endian or compressed.

export interface DicomImage {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  /** Pixel spacing in millimeters between rows, and between columns. */
  readonly spacing: readonly [rows: number, columns: number];
  /** The place in a series; directions and positions are to the left, posterior and superior. */
  readonly place?: {
    readonly series: string;
    readonly position: readonly number[];
    readonly orientation: readonly number[];
  };
  /** Pixels, or a compressed frame with its transfer syntax. */
  readonly sopClass?: string;
  readonly pixels?: Uint16Array<ArrayBuffer> | { readonly syntax: string; readonly frame: Uint8Array };
}

const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
const UNDEFINED_LENGTH = 0xffffffff;

type Element = readonly [group: number, element: number, vr: string, value: string | number | Uint8Array];

/** VRs with a length of 4 bytes. */
const LONG = ['OB', 'OW'];

function encodeElement([group, element, vr, value]: Element): Buffer {
  const bytes =
    typeof value === 'number'
      ? Buffer.from(Uint16Array.of(value).buffer)
      : typeof value === 'string'
        ? Buffer.from(value.length % 2 ? `${value}${vr === 'UI' ? '\0' : ' '}` : value)
        : value;
  const header = Buffer.alloc(LONG.includes(vr) ? 12 : 8);
  header.writeUInt16LE(group, 0);
  header.writeUInt16LE(element, 2);
  header.write(vr, 4);
  if (header.length === 12) header.writeUInt32LE(bytes.length, 8);
  else header.writeUInt16LE(bytes.length, 6);
  return Buffer.concat([header, bytes]);
}

/** A frame as a sequence of items: an empty offset table and one fragment. */
function encapsulate(frame: Uint8Array): Buffer {
  const item = (element: number, bytes: Uint8Array) => {
    const header = Buffer.alloc(8);
    header.writeUInt16LE(0xfffe, 0);
    header.writeUInt16LE(element, 2);
    header.writeUInt32LE(bytes.length, 4);
    return Buffer.concat([header, bytes]);
  };
  const header = Buffer.alloc(12);
  header.writeUInt16LE(0x7fe0, 0);
  header.writeUInt16LE(0x0010, 2);
  header.write('OB', 4);
  header.writeUInt32LE(UNDEFINED_LENGTH, 8);
  const even = Buffer.concat([frame, Buffer.alloc(frame.length % 2)]);
  return Buffer.concat([header, item(0xe000, Buffer.alloc(0)), item(0xe000, even), item(0xe0dd, Buffer.alloc(0))]);
}

export function encodeDicom({ rows, columns, frames, spacing, place, sopClass, pixels }: DicomImage): Buffer {
  const encode = (elements: readonly Element[]) => Buffer.concat(elements.map(encodeElement));
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    encode([
      [0x0002, 0x0010, 'UI', pixels && 'syntax' in pixels ? pixels.syntax : EXPLICIT_LITTLE_ENDIAN],
      ...(sopClass ? [[0x0008, 0x0016, 'UI', sopClass] as const] : []),
      ...(place
        ? ([
            [0x0008, 0x0018, 'UI', `${place.series}.${place.position[2]}`],
            [0x0020, 0x000e, 'UI', place.series],
            [0x0020, 0x0032, 'DS', place.position.join('\\')],
            [0x0020, 0x0037, 'DS', place.orientation.join('\\')],
          ] as const)
        : []),
      [0x0028, 0x0002, 'US', 1],
      [0x0028, 0x0004, 'CS', 'MONOCHROME2'],
      [0x0028, 0x0008, 'IS', `${frames}`],
      [0x0028, 0x0010, 'US', rows],
      [0x0028, 0x0011, 'US', columns],
      [0x0028, 0x0030, 'DS', spacing.join('\\')],
      [0x0028, 0x0100, 'US', 16],
      [0x0028, 0x0101, 'US', 16],
      [0x0028, 0x0102, 'US', 15],
      [0x0028, 0x0103, 'US', 0],
    ]),
    ...(pixels === undefined
      ? []
      : [
          'frame' in pixels
            ? encapsulate(pixels.frame)
            : encodeElement([0x7fe0, 0x0010, 'OW', new Uint8Array(pixels.buffer)]),
        ]),
  ]);
}

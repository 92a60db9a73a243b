// A minimal multi-frame DICOM file: 16-bit gray, explicit VR little endian.

export interface DicomImage {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  /** Pixel spacing in millimeters between rows, and between columns. */
  readonly spacing: readonly [rows: number, columns: number];
  readonly pixels: Uint16Array<ArrayBuffer>;
}

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

export function encodeDicom({ rows, columns, frames, spacing, pixels }: DicomImage): Buffer {
  const encode = (elements: readonly Element[]) => Buffer.concat(elements.map(encodeElement));
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    encode([
      [0x0002, 0x0010, 'UI', '1.2.840.10008.1.2.1'],
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
      [0x7fe0, 0x0010, 'OW', new Uint8Array(pixels.buffer)],
    ]),
  ]);
}

// JPEG files that neither libvips nor browsers decode: lossless ones (ITU-T T.81 annex H, 2 to 16 bits) and sequential ones of 12 bits (annex F).
import { FormatError } from '../images/bytes.ts';
import { checkClaim } from '../images/header.ts';
import { BitReader, type HuffmanTable, huffmanTable } from '../images/jpeg/huffman.ts';
import { ZIGZAG } from '../images/jpeg/markers.ts';

interface Component {
  readonly id: number;
  readonly horizontal: number;
  readonly vertical: number;
  readonly quantization: number;
}

/** Decoders ignore an Adobe marker that is shorter. */
const ADOBE_BYTES = 12;

export interface JpegHeader {
  /** The start-of-frame marker's low byte: 0xc0 baseline, 0xc1 extended, 0xc2 progressive, 0xc3 lossless, 0xf7 JPEG-LS. */
  readonly process: number;
  readonly precision: number;
  readonly width: number;
  readonly height: number;
  readonly components: readonly Component[];
  /** Whether a JFIF or Adobe marker says which colors the components are. */
  readonly marked: boolean;
}

const damaged = (detail: string) => new FormatError(detail, 'intact JPEG data', 'Copy the file again from its source.');

/** The marker segments of a JPEG file, each marker with the bytes after its length, until the function returns true. */
function eachSegment(
  bytes: Uint8Array,
  visit: (marker: number, body: Uint8Array, next: number) => number | true,
): void {
  for (let at = 2; ; ) {
    if (bytes[at] !== 0xff || at + 1 >= bytes.length) throw damaged('data without a marker where one is expected');
    const marker = bytes[at + 1] as number;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xd9) throw damaged('a file that ends before its image');
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2;
      continue;
    }
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    const next = at + 2 + length;
    if (length < 2 || next > bytes.length) throw damaged('a marker segment that ends early');
    const then = visit(marker, bytes.subarray(at + 4, next), next);
    if (then === true) return;
    at = then;
  }
}

const isFrameMarker = (marker: number) =>
  (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) || marker === 0xf7;

/** Reads the header of a JPEG or JPEG-LS file. Throws `FormatError`. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  let header: JpegHeader | undefined;
  let marked = false;
  eachSegment(bytes, (marker, body, next) => {
    const text = String.fromCharCode(...body.subarray(0, 5));
    marked ||=
      (marker === 0xe0 && text.startsWith('JFIF')) ||
      (marker === 0xee && text === 'Adobe' && body.length >= ADOBE_BYTES);
    if (marker === 0xda) throw damaged('a scan before its frame header');
    if (!isFrameMarker(marker)) return next;
    const count = body[5] ?? 0;
    if (body.length < 6 + 3 * count) throw damaged('a frame header that ends early');
    header = {
      process: marker,
      precision: body[0] as number,
      height: ((body[1] as number) << 8) | (body[2] as number),
      width: ((body[3] as number) << 8) | (body[4] as number),
      components: Array.from({ length: count }, (_, i) => {
        const [id, sampling, quantization] = body.subarray(6 + 3 * i) as unknown as [number, number, number];
        return { id, horizontal: sampling >> 4, vertical: sampling & 15, quantization };
      }),
      marked,
    };
    return true;
  });
  return header as JpegHeader;
}

/** The position of the marker after the entropy-coded data that begin at a byte. */
function scanEnd(bytes: Uint8Array, start: number): number {
  for (let at = start; at + 1 < bytes.length; at++) {
    const next = bytes[at + 1] as number;
    if (bytes[at] === 0xff && next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  // Bytes that only pad the data may have completed the last value.
  throw damaged('data that end before the image is whole');
}

/** A difference of `size` bits. */
const difference = (reader: BitReader, size: number) => (size === 0 ? 0 : size === 16 ? 32768 : reader.signed(size));

/** What a scan's header chooses. */
interface Scan {
  readonly components: readonly {
    readonly index: number;
    readonly dc: HuffmanTable;
    readonly ac: HuffmanTable | undefined;
  }[];
  /** Predictor of lossless scans. */
  readonly predictor: number;
  readonly pointTransform: number;
  readonly restartInterval: number;
}

type Planes = readonly Uint16Array[];

function decodeLossless(reader: BitReader, scan: Scan, { width, height, precision }: JpegHeader, planes: Planes): void {
  const { components, predictor, pointTransform, restartInterval } = scan;
  if (predictor < 1 || predictor > 7) throw damaged(`predictor ${predictor}`);
  if (restartInterval % width !== 0)
    throw new FormatError(`${restartInterval} pixels of rows of ${width}`, 'restart intervals of whole rows');
  const rows = restartInterval / width;
  const start = 1 << (precision - pointTransform - 1);
  for (let y = 0, first = true; y < height; y++, first = false) {
    if (rows > 0 && y > 0 && y % rows === 0) {
      reader.restart(y / rows - 1);
      first = true;
    }
    for (let x = 0, at = y * width; x < width; x++, at++)
      for (const { index, dc } of components) {
        const plane = planes[index] as Uint16Array;
        const left = plane[at - 1] as number;
        let predicted: number;
        if (x === 0) predicted = first ? start : (plane[at - width] as number);
        else if (first || predictor === 1) predicted = left;
        else {
          const [up, diagonal] = [plane[at - width] as number, plane[at - width - 1] as number];
          if (predictor === 2) predicted = up;
          else if (predictor === 3) predicted = diagonal;
          else if (predictor === 4) predicted = left + up - diagonal;
          else if (predictor === 5) predicted = left + ((up - diagonal) >> 1);
          else if (predictor === 6) predicted = up + ((left - diagonal) >> 1);
          else predicted = (left + up) >> 1;
        }
        plane[at] = predicted + difference(reader, reader.symbol(dc));
      }
  }
  if (pointTransform > 0)
    for (const { index } of components)
      (planes[index] as Uint16Array).forEach((v, i, plane) => {
        plane[i] = v << pointTransform;
      });
}

/** Basis of the inverse cosine transform: [frequency][position]. */
const COSINES = Float64Array.from({ length: 64 }, (_, i) => {
  const [u, x] = [i >> 3, i & 7];
  return (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * x + 1) * u * Math.PI) / 16);
});

function inverseCosine(block: Float64Array, rows: Float64Array): void {
  for (let v = 0; v < 8; v++)
    for (let x = 0; x < 8; x++) {
      let sum = 0;
      for (let u = 0; u < 8; u++) sum += (block[8 * v + u] as number) * (COSINES[8 * u + x] as number);
      rows[8 * v + x] = sum;
    }
  for (let y = 0; y < 8; y++)
    for (let x = 0; x < 8; x++) {
      let sum = 0;
      for (let v = 0; v < 8; v++) sum += (rows[8 * v + x] as number) * (COSINES[8 * v + y] as number);
      block[8 * y + x] = sum;
    }
}

/** A sequential scan of one component. */
function decodeSequential(
  reader: BitReader,
  scan: Scan,
  header: JpegHeader,
  tables: readonly Uint16Array[],
  plane: Uint16Array,
): void {
  const { width, height, precision } = header;
  const [{ dc, ac }] = scan.components as unknown as [Scan['components'][0]];
  const quantization = tables[header.components[0]?.quantization ?? 0];
  if (!ac || !quantization) throw damaged('a scan without its tables');
  const across = Math.ceil(width / 8);
  const blocks = across * Math.ceil(height / 8);
  const [block, rows] = [new Float64Array(64), new Float64Array(64)];
  const [middle, most] = [1 << (precision - 1), (1 << precision) - 1];
  for (let b = 0, dcValue = 0; b < blocks; b++) {
    if (scan.restartInterval > 0 && b > 0 && b % scan.restartInterval === 0) {
      reader.restart(b / scan.restartInterval - 1);
      dcValue = 0;
    }
    block.fill(0);
    dcValue += difference(reader, reader.symbol(dc));
    block[0] = dcValue * (quantization[0] as number);
    for (let k = 1; k < 64; k++) {
      const symbol = reader.symbol(ac);
      const size = symbol & 15;
      if (size === 0 && symbol !== 0xf0) break;
      k += symbol >> 4;
      if (k > 63) throw damaged('more than 64 coefficients in a block');
      block[ZIGZAG[k] as number] = difference(reader, size) * (quantization[k] as number);
    }
    inverseCosine(block, rows);
    const [left, top] = [(b % across) * 8, Math.floor(b / across) * 8];
    for (let y = 0; y < 8 && top + y < height; y++)
      for (let x = 0; x < 8 && left + x < width; x++)
        plane[(top + y) * width + left + x] = Math.min(
          most,
          Math.max(0, Math.round((block[8 * y + x] as number) + middle)),
        );
  }
}

/** Decodes a lossless JPEG, or a sequential one of one component, as interleaved samples. Throws `FormatError`. */
export function decodeHuffmanJpeg(bytes: Uint8Array): Uint16Array {
  const header = readJpegHeader(bytes);
  const { width, height, components, process, precision } = header;
  const lossless = process === 0xc3;
  if (lossless ? precision < 2 || precision > 16 : process > 0xc1 || (precision !== 8 && precision !== 12))
    throw new FormatError(
      `process ${process - 0xc0} with ${precision} bits`,
      'lossless JPEG, or sequential JPEG of 8 or 12 bits',
    );
  if (
    lossless
      ? components.some(({ horizontal, vertical }) => horizontal !== 1 || vertical !== 1)
      : components.length !== 1
  )
    throw new FormatError(
      'another',
      lossless ? 'lossless JPEG without subsampling' : 'JPEG of 12 bits of one component',
      'Decompress it first, for example with gdcmconv --raw.',
    );
  const pixels = width * height;
  // A pixel takes at least a bit, a block of 64 at least two.
  checkClaim(2 * pixels * components.length, bytes.length, lossless ? 16 : 512);
  const planes = components.map(() => new Uint16Array(pixels));
  const [dcTables, acTables]: [HuffmanTable[], HuffmanTable[]] = [[], []];
  const quantization: Uint16Array[] = [];
  const done = new Set<number>();
  let restartInterval = 0;
  eachSegment(bytes, (marker, body, next) => {
    if (marker === 0xc4)
      for (let at = 0; at < body.length; ) {
        const [kind, counts] = [body[at] as number, body.subarray(at + 1, at + 17)];
        const count = counts.reduce((a, b) => a + b, 0);
        (kind >> 4 ? acTables : dcTables)[kind & 15] = huffmanTable(counts, body.subarray(at + 17, at + 17 + count));
        at += 17 + count;
      }
    else if (marker === 0xdb)
      for (let at = 0; at < body.length; ) {
        const wide = (body[at] as number) >> 4 ? 2 : 1;
        const slot = (body[at] as number) & 15;
        quantization[slot] = Uint16Array.from({ length: 64 }, (_, i) =>
          wide === 2 ? ((body[at + 1 + 2 * i] ?? 0) << 8) | (body[at + 2 + 2 * i] ?? 0) : (body[at + 1 + i] ?? 0),
        );
        at += 1 + 64 * wide;
      }
    else if (marker === 0xdd) restartInterval = ((body[0] ?? 0) << 8) | (body[1] ?? 0);
    if (marker !== 0xda) return next;
    const count = body[0] ?? 0;
    const chosen = Array.from({ length: count }, (_, i) => {
      const index = components.findIndex(({ id }) => id === body[1 + 2 * i]);
      const tables = body[2 + 2 * i] ?? 0;
      const dc = dcTables[tables >> 4];
      if (index < 0 || !dc || done.has(index)) throw damaged('a scan without its tables');
      done.add(index);
      return { index, dc, ac: acTables[tables & 15] };
    });
    const scan: Scan = {
      components: chosen,
      predictor: body[1 + 2 * count] ?? 0,
      pointTransform: (body[3 + 2 * count] ?? 0) & 15,
      restartInterval,
    };
    if (count === 0) throw damaged('an empty scan');
    const reader = new BitReader();
    reader.open(bytes, next);
    if (lossless) decodeLossless(reader, scan, header, planes);
    else decodeSequential(reader, scan, header, quantization, planes[0] as Uint16Array);
    const end = scanEnd(bytes, next);
    return done.size === components.length ? true : end;
  });
  if (planes.length === 1) return planes[0] as Uint16Array;
  const out = new Uint16Array(pixels * planes.length);
  planes.forEach((plane, c) => {
    for (let i = 0; i < pixels; i++) out[i * planes.length + c] = plane[i] as number;
  });
  return out;
}

/** An Adobe segment that says that three components are RGB: without one, decoders take them for YBR. */
const RGB_SEGMENT = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0];

/** The bytes of a DICOM frame for a general JPEG decoder: without an EXIF orientation, which DICOM does not use, and marked as RGB if it is. */
export function asPlainJpeg(jpeg: Uint8Array, rgb: boolean): Uint8Array {
  const inserted = rgb ? RGB_SEGMENT : [];
  const out = new Uint8Array(jpeg.length + inserted.length);
  out.set(jpeg.subarray(0, 2));
  out.set(inserted, 2);
  out.set(jpeg.subarray(2), 2 + inserted.length);
  eachSegment(jpeg, (marker, body, next) => {
    // EXIF becomes application data that no decoder reads.
    if (marker === 0xe1) out[next - body.length - 3 + inserted.length] = 0xef;
    return marker === 0xda ? true : next;
  });
  return out;
}

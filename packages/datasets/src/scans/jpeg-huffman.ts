// JPEG files that neither libvips nor browsers decode: lossless ones (ITU-T T.81 annex H, 2 to 16 bits) and sequential ones of 12 bits (annex F).
import { checkClaim, Refusal } from './scan.ts';

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

const damaged = (detail: string) => new Refusal('intact JPEG data', detail, 'Copy the file again from its source.');

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

/** Reads the header of a JPEG or JPEG-LS file. Throws `Refusal`. */
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

/** Indexed by the next 16 bits: length of the code times 256 plus its symbol; 0 where no code fits. */
type HuffmanTable = Uint16Array;

function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const table = new Uint16Array(65536);
  let [at, index] = [0, 0];
  for (let length = 1; length <= 16; length++)
    for (let i = 0; i < (counts[length - 1] as number); i++) {
      const span = 1 << (16 - length);
      if (at + span > 65536 || index >= symbols.length) throw damaged('an impossible Huffman table');
      table.fill((length << 8) | (symbols[index++] as number), at, at + span);
      at += span;
    }
  return table;
}

/** The bits of a scan, without stuffed bytes, up to a marker. */
class BitReader {
  #held = 0;
  #bits = 0;
  #invented = 0;

  constructor(
    readonly bytes: Uint8Array,
    public at: number,
  ) {}

  #need(count: number): void {
    while (this.#bits < count) {
      let byte = this.bytes[this.at];
      if (byte === undefined || (byte === 0xff && this.bytes[this.at + 1] !== 0)) {
        // A marker or the end: codes may be shorter than what is looked ahead.
        byte = 0;
        this.#invented += 8;
      } else this.at += byte === 0xff ? 2 : 1;
      this.#held = (this.#held << 8) | byte;
      this.#bits += 8;
    }
  }

  #drop(count: number): void {
    this.#bits -= count;
    if (this.#bits < this.#invented) throw damaged('data that end before the image is whole');
  }

  symbol(table: HuffmanTable): number {
    this.#need(16);
    const entry = table[(this.#held >>> (this.#bits - 16)) & 0xffff] as number;
    if (entry === 0) throw damaged('an unknown Huffman code');
    this.#drop(entry >> 8);
    return entry & 255;
  }

  /** A signed value of `size` bits as JPEG writes it (F.2.2.1). */
  value(size: number): number {
    if (size === 0) return 0;
    if (size > 15) return 32768;
    this.#need(size);
    const raw = (this.#held >>> (this.#bits - size)) & ((1 << size) - 1);
    this.#drop(size);
    return raw < 1 << (size - 1) ? raw - (1 << size) + 1 : raw;
  }

  /** Goes on after the next restart marker. */
  restart(): void {
    [this.#held, this.#bits, this.#invented] = [0, 0, 0];
    const { bytes } = this;
    while (bytes[this.at] === 0xff && bytes[this.at + 1] === 0xff) this.at++;
    const marker = bytes[this.at + 1] ?? 0;
    if (bytes[this.at] !== 0xff || marker < 0xd0 || marker > 0xd7)
      throw damaged('data without a restart marker where one is expected');
    this.at += 2;
  }

  /** The position of the marker after the scan. */
  end(): number {
    let at = this.at;
    while (
      at + 1 < this.bytes.length &&
      !(this.bytes[at] === 0xff && (this.bytes[at + 1] as number) > 0 && this.bytes[at + 1] !== 0xff)
    )
      at++;
    return at;
  }
}

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
    throw new Refusal('restart intervals of whole rows', `${restartInterval} pixels of rows of ${width}`);
  const rows = restartInterval / width;
  const start = 1 << (precision - pointTransform - 1);
  for (let y = 0, first = true; y < height; y++, first = false) {
    if (rows > 0 && y > 0 && y % rows === 0) {
      reader.restart();
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
        plane[at] = predicted + reader.value(reader.symbol(dc));
      }
  }
  if (pointTransform > 0)
    for (const { index } of components)
      (planes[index] as Uint16Array).forEach((v, i, plane) => {
        plane[i] = v << pointTransform;
      });
}

const ZIGZAG = Uint8Array.from([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55, 62, 63,
]);
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
      reader.restart();
      dcValue = 0;
    }
    block.fill(0);
    dcValue += reader.value(reader.symbol(dc));
    block[0] = dcValue * (quantization[0] as number);
    for (let k = 1; k < 64; k++) {
      const symbol = reader.symbol(ac);
      const size = symbol & 15;
      if (size === 0 && symbol !== 0xf0) break;
      k += symbol >> 4;
      if (k > 63) throw damaged('more than 64 coefficients in a block');
      block[ZIGZAG[k] as number] = reader.value(size) * (quantization[k] as number);
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

/** Decodes a lossless JPEG, or a sequential one of one component, as interleaved samples. Throws `Refusal`. */
export function decodeHuffmanJpeg(bytes: Uint8Array): Uint16Array {
  const header = readJpegHeader(bytes);
  const { width, height, components, process, precision } = header;
  const lossless = process === 0xc3;
  if (lossless ? precision < 2 || precision > 16 : process > 0xc1 || (precision !== 8 && precision !== 12))
    throw new Refusal(
      'lossless JPEG, or sequential JPEG of 8 or 12 bits',
      `process ${process - 0xc0} with ${precision} bits`,
    );
  if (
    lossless
      ? components.some(({ horizontal, vertical }) => horizontal !== 1 || vertical !== 1)
      : components.length !== 1
  )
    throw new Refusal(
      lossless ? 'lossless JPEG without subsampling' : 'JPEG of 12 bits of one component',
      'another',
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
    const reader = new BitReader(bytes, next);
    if (lossless) decodeLossless(reader, scan, header, planes);
    else decodeSequential(reader, scan, header, quantization, planes[0] as Uint16Array);
    // Bytes that only pad the data may have completed the last value: a marker must follow.
    if (bytes[reader.end()] !== 0xff) throw damaged('data that end before the image is whole');
    return done.size === components.length ? true : reader.end();
  });
  if (planes.length === 1) return planes[0] as Uint16Array;
  const out = new Uint16Array(pixels * planes.length);
  planes.forEach((plane, c) => {
    for (let i = 0; i < pixels; i++) out[i * planes.length + c] = plane[i] as number;
  });
  return out;
}

/** The bytes with an Adobe marker that says that the three components are RGB: without one, decoders take them for YBR. */
export function markAsRgb(jpeg: Uint8Array): Uint8Array {
  const marker = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0];
  const out = new Uint8Array(jpeg.length + marker.length);
  out.set(jpeg.subarray(0, 2));
  out.set(marker, 2);
  out.set(jpeg.subarray(2), 2 + marker.length);
  return out;
}

// The marker segments of a JPEG file (ITU-T T.81, annex B), read before anything is decoded.
// Stray bytes between segments and a missing end marker are accepted, as libjpeg accepts them.
import { ByteReader, FormatError } from '../bytes.ts';
import { type HuffmanTable, huffmanTable } from './huffman.ts';

export interface Component {
  readonly id: number;
  /** Sampling factors. */
  readonly h: number;
  readonly v: number;
  /** Index of its quantization table. */
  readonly table: number;
}

/** One scan: which coefficients of which components it holds, and where its entropy-coded bytes start. */
export interface Scan {
  /** Indices into the frame's components. */
  readonly components: readonly number[];
  readonly dc: readonly (HuffmanTable | undefined)[];
  readonly ac: readonly (HuffmanTable | undefined)[];
  /** First and last coefficient in zigzag order. */
  readonly from: number;
  readonly to: number;
  /** Successive approximation: the previous and the current bit position. */
  readonly high: number;
  readonly low: number;
  readonly restartInterval: number;
  readonly quantization: readonly (Uint16Array | undefined)[];
  readonly start: number;
}

export interface JpegFile {
  readonly width: number;
  readonly height: number;
  readonly progressive: boolean;
  readonly components: readonly Component[];
  readonly scans: readonly Scan[];
  /** Transform of the Adobe segment, if the file has one. */
  readonly adobe: number | undefined;
  readonly jfif: boolean;
  /** The body of the EXIF segment, from its TIFF header. */
  readonly exif: Uint8Array | undefined;
}

/** What the frame types other than baseline, extended and progressive Huffman are called. */
const UNSUPPORTED: Readonly<Record<number, string>> = {
  195: 'lossless JPEG',
  197: 'hierarchical JPEG',
  198: 'hierarchical JPEG',
  199: 'hierarchical lossless JPEG',
  201: 'arithmetic-coded JPEG',
  202: 'arithmetic-coded JPEG',
  203: 'arithmetic-coded lossless JPEG',
  205: 'arithmetic-coded hierarchical JPEG',
  206: 'arithmetic-coded hierarchical JPEG',
  207: 'arithmetic-coded lossless JPEG',
  247: 'JPEG-LS',
};

/** Files with more scans than this are attacks; encoders write about ten. */
const MAXIMUM_SCANS = 100;

/** The zigzag order; indices past the end repeat the last coefficient, as in libjpeg. */
export const ZIGZAG = Uint8Array.of(
  ...[0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14],
  ...[21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60],
  ...[61, 54, 47, 55, 62, 63],
  ...new Array<number>(16).fill(63),
);

const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

class MarkerReader {
  at = 2;
  readonly quantization: (Uint16Array | undefined)[] = [];
  readonly dc: (HuffmanTable | undefined)[] = [];
  readonly ac: (HuffmanTable | undefined)[] = [];
  restartInterval = 0;
  adobe: number | undefined;
  jfif = false;
  exif: Uint8Array | undefined;
  frame: Pick<JpegFile, 'width' | 'height' | 'progressive' | 'components'> | undefined;
  readonly scans: Scan[] = [];
  readonly #bytes: Uint8Array;
  readonly #reader: ByteReader;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#reader = new ByteReader(bytes, false);
  }

  /** The next marker, skipping stray bytes; `undefined` at the end of the file. */
  next(): number | undefined {
    const bytes = this.#bytes;
    for (;;) {
      const found = bytes.indexOf(0xff, this.at);
      if (found < 0) {
        this.at = bytes.length;
        return undefined;
      }
      let at = found + 1;
      while (bytes[at] === 0xff) at += 1;
      this.at = at + 1;
      const marker = bytes[at];
      if (marker === undefined) return undefined;
      if (marker !== 0) return marker;
    }
  }

  /** Moves past the entropy-coded bytes of a scan, to the marker that ends it. */
  skipEntropy(): void {
    const bytes = this.#bytes;
    for (let at = this.at; ; ) {
      const found = bytes.indexOf(0xff, at);
      const marker = bytes[found + 1];
      if (found < 0 || marker === undefined) {
        this.at = bytes.length;
        return;
      }
      if (marker !== 0 && !isRestart(marker)) {
        this.at = found;
        return;
      }
      at = found + 2;
    }
  }

  /** The body of the current segment. One that is cut short by the end of the file is refused. */
  segment(): ByteReader {
    const length = this.#reader.u16(this.at);
    if (length < 2) throw new FormatError(`a marker segment of ${length} bytes`);
    const body = this.#reader.part(this.at + 2, length - 2);
    this.at += length;
    return new ByteReader(body, false);
  }

  readApplication(marker: number, { bytes }: ByteReader): void {
    const text = String.fromCharCode(...bytes.subarray(0, 6));
    if (marker === 0xe0 && text.startsWith('JFIF\0')) this.jfif = true;
    if (marker === 0xe1 && text === 'Exif\0\0') this.exif ??= bytes.subarray(6);
    if (marker === 0xee && text.startsWith('Adobe') && bytes.length >= 12) this.adobe = bytes[11] as number;
  }

  readQuantization(body: ByteReader): void {
    for (let at = 0; at < body.bytes.length; ) {
      const head = body.u8(at);
      const wide = head >> 4 > 0;
      const table = new Uint16Array(64);
      for (let i = 0; i < 64; i++) table[ZIGZAG[i] as number] = wide ? body.u16(at + 1 + 2 * i) : body.u8(at + 1 + i);
      this.quantization[head & 15] = table;
      at += wide ? 129 : 65;
    }
  }

  readHuffman(body: ByteReader): void {
    for (let at = 0; at < body.bytes.length; ) {
      const head = body.u8(at);
      const counts = body.part(at + 1, 16);
      const total = counts.reduce((sum, n) => sum + n, 0);
      const table = huffmanTable(counts, body.part(at + 17, total));
      (head >> 4 ? this.ac : this.dc)[head & 15] = table;
      at += 17 + total;
    }
  }

  readFrame(marker: number, body: ByteReader): void {
    const bits = body.u8(0);
    if (this.frame) throw new FormatError('a second frame header');
    if (bits !== 8) throw new FormatError(`JPEG with ${bits} bits per sample; convert it to 8 bits`);
    const components = Array.from({ length: body.u8(5) }, (_, i) => ({
      id: body.u8(6 + 3 * i),
      h: body.u8(7 + 3 * i) >> 4,
      v: body.u8(7 + 3 * i) & 15,
      table: body.u8(8 + 3 * i),
    }));
    if (![1, 3, 4].includes(components.length)) throw new FormatError(`JPEG with ${components.length} components`);
    if (components.some(({ h, v }) => h < 1 || h > 4 || v < 1 || v > 4)) throw new FormatError('JPEG sampling factors');
    const [width, height] = [body.u16(3), body.u16(1)];
    if (height === 0) throw new FormatError('JPEG without its height');
    this.frame = { width, height, progressive: marker === 0xc2, components };
  }

  readScan(body: ByteReader): void {
    const { frame } = this;
    if (!frame) throw new FormatError('a JPEG scan before its frame header');
    const count = body.u8(0);
    const components = Array.from({ length: count }, (_, i) =>
      frame.components.findIndex(({ id }) => id === body.u8(1 + 2 * i)),
    );
    if (count < 1 || count > 4 || components.includes(-1) || new Set(components).size < count)
      throw new FormatError('a JPEG scan of unknown components');
    const selector = (i: number) => body.u8(2 + 2 * i);
    const approximation = body.u8(3 + 2 * count);
    const [from, to] = frame.progressive ? [body.u8(1 + 2 * count), body.u8(2 + 2 * count)] : [0, 63];
    const [high, low] = frame.progressive ? [approximation >> 4, approximation & 15] : [0, 0];
    if (from > to || to > 63 || (frame.progressive && from === 0 && to > 0) || (from > 0 && count > 1) || low > 13)
      throw new FormatError(`a JPEG scan of coefficients ${from} to ${to}`);
    if (high !== 0 && high !== low + 1) throw new FormatError(`a JPEG scan of bits ${high} to ${low}`);
    const dc = components.map((_, i) => this.dc[selector(i) >> 4]);
    const ac = components.map((_, i) => this.ac[selector(i) & 15]);
    const missing = (tables: readonly unknown[]) => tables.includes(undefined);
    if ((from === 0 && high === 0 && missing(dc)) || (to > 0 && missing(ac)))
      throw new FormatError('a JPEG scan without its Huffman tables');
    if (this.scans.length >= MAXIMUM_SCANS) throw new FormatError(`a JPEG of more than ${MAXIMUM_SCANS} scans`);
    const { restartInterval, at: start } = this;
    const quantization = frame.components.map(({ table }) => this.quantization[table]);
    this.scans.push({ components, dc, ac, from, to, high, low, restartInterval, quantization, start });
    this.skipEntropy();
  }

  /**
   * Reads segments until the end marker or the end of the file, or only until the frame header. Without end marker, the last segment may be
   * cut.
   */
  read(last?: 'frame'): void {
    for (let marker = this.next(); marker !== 0xd9 && !(last && this.frame); marker = this.next()) {
      if (marker === undefined) return;
      if (marker === 0x01 || marker === 0xd8 || isRestart(marker)) continue;
      const unsupported = UNSUPPORTED[marker];
      if (unsupported) throw new FormatError(`${unsupported}; convert it to baseline JPEG or PNG`);
      const body = this.segment();
      if (marker === 0xdb) this.readQuantization(body);
      else if (marker === 0xc4) this.readHuffman(body);
      else if (marker === 0xdd) this.restartInterval = body.u16(0);
      else if (marker === 0xda) this.readScan(body);
      else if (marker >= 0xc0 && marker <= 0xc2) this.readFrame(marker, body);
      else this.readApplication(marker, body);
    }
  }
}

/** Every bit of every coefficient has been in a scan. */
function isComplete({ progressive, components }: Pick<JpegFile, 'progressive' | 'components'>, scans: readonly Scan[]) {
  // Scans of sequential files have whole coefficients.
  if (!progressive) return components.every((_, index) => scans.some((scan) => scan.components.includes(index)));
  // The bit position down to which a coefficient is known: 0 is all.
  const known = components.map(() => new Int8Array(64).fill(-1));
  for (const { components: indices, from, to, high, low } of scans)
    for (const index of indices)
      for (let k = from; k <= to; k++) {
        const bits = known[index] as Int8Array;
        const before = bits[k] as number;
        if (high === 0 ? before >= 0 : before !== high) throw new FormatError('JPEG scans in an impossible order');
        bits[k] = low;
      }
  return known.every((bits) => bits.every((bit) => bit === 0));
}

/** The frame header alone: enough to check the size. */
export function readJpegFrame(bytes: Uint8Array): Pick<JpegFile, 'width' | 'height' | 'components'> {
  return readMarkers(bytes, 'frame').frame;
}

function readMarkers(bytes: Uint8Array, last?: 'frame') {
  const markers = new MarkerReader(bytes);
  markers.read(last);
  const { frame } = markers;
  if (!frame) throw new FormatError('a JPEG without frame header');
  return { ...markers, frame };
}

/** Reads all marker segments and checks that the scans are complete. Throws a `FormatError` otherwise. */
export function readJpeg(bytes: Uint8Array): JpegFile {
  const { frame, scans, adobe, jfif, exif } = readMarkers(bytes);
  if (!isComplete(frame, scans)) throw new FormatError(`a JPEG that ends early, after ${scans.length} scans`);
  const { width, height, progressive, components } = frame;
  return { width, height, progressive, components, scans, adobe, jfif, exif };
}

// The attributes of a DICOM file (PS3.5 section 7, PS3.10 section 7). Ours, because the available parsers fail on what real files hold: lengths in delimiters,
// bytes after the last attribute, a wrong declared encoding; and they throw objects that are no errors.

import { FormatError } from '../images/bytes.ts';
import { inflate } from './inflate.ts';

/** An attribute's value: where it is in the bytes of its data set. */
interface Attribute {
  /** Value representation, two letters; empty where the file does not store it. */
  readonly vr: string;
  readonly offset: number;
  readonly length: number;
  /** Items of a sequence of undefined length. */
  readonly items?: readonly DicomDataSet[];
  /** Fragments of encapsulated pixel data, the offset table first: start and length. */
  readonly fragments?: readonly (readonly [offset: number, length: number])[];
}

export interface Encoding {
  readonly explicit: boolean;
  readonly littleEndian: boolean;
}

const UNDEFINED_LENGTH = 0xffffffff;
const [ITEM, ITEM_END, SEQUENCE_END] = [0xfffee000, 0xfffee00d, 0xfffee0dd];
/** Pixel data, float pixel data, double float pixel data. Nothing that is needed follows them. */
const PIXEL_DATA: readonly number[] = [0x7fe00010, 0x7fe00008, 0x7fe00009];
/** Value representations with a 16-bit length; all others, future ones included, have 32 bits (PS3.5 section 7.1.2). */
const SHORT = new Set('AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US'.split(' '));
const MAXIMUM_DEPTH = 32;

const named = (tag: number): string =>
  `(${(tag >>> 16).toString(16).padStart(4, '0')},${(tag & 0xffff).toString(16).padStart(4, '0')})`.toUpperCase();

export class DicomDataSet {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly encoding: Encoding,
    private readonly attributes: ReadonlyMap<number, Attribute>,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get(tag: number): Attribute | undefined {
    return this.attributes.get(tag);
  }

  /** The value's bytes, as many as the file has. */
  value(tag: number): Uint8Array | undefined {
    const found = this.attributes.get(tag);
    return found && this.bytes.subarray(found.offset, found.offset + found.length);
  }

  text(tag: number): string | undefined {
    const value = this.value(tag);
    if (!value || value.length === 0) return undefined;
    const text = String.fromCharCode(...value.subarray(0, 1024));
    return text.replace(/[\0 ]+$/, '').trimStart();
  }

  /** A 16-bit value of several. */
  word(tag: number, index = 0, signed = false): number | undefined {
    const found = this.attributes.get(tag);
    if (!found || found.length < 2 * index + 2) return undefined;
    const { littleEndian } = this.encoding;
    const at = found.offset + 2 * index;
    return signed ? this.#view.getInt16(at, littleEndian) : this.#view.getUint16(at, littleEndian);
  }

  /** A decimal or integer string of several, if it is a finite number. */
  decimal(tag: number, index = 0): number | undefined {
    const text = this.text(tag)?.split('\\')[index]?.trim();
    const value = text ? Number(text) : Number.NaN;
    return Number.isFinite(value) ? value : undefined;
  }

  /** As {@link decimal}, for values that change the pixels: text that is no number is refused rather than ignored. */
  strictDecimal(tag: number): number | undefined {
    const text = this.text(tag)?.split('\\')[0]?.trim();
    if (!text) return undefined;
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    const shown = /^[\x20-\x7e]{1,16}$/.test(text) ? `'${text}'` : 'other text';
    throw new FormatError(shown, `a number in attribute ${named(tag)}`, 'Correct the file.');
  }

  /** The items of a sequence; none if the attribute is absent. */
  items(tag: number): readonly DicomDataSet[] {
    const found = this.attributes.get(tag);
    if (!found) return [];
    if (found.items) return found.items;
    const parser = new Parser(this.bytes, this.encoding);
    return parser.items(found.offset, found.offset + found.length, 0).items;
  }
}

class Parser {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly encoding: Encoding,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #tag(at: number): number {
    const { littleEndian } = this.encoding;
    return ((this.#view.getUint16(at, littleEndian) << 16) | this.#view.getUint16(at + 2, littleEndian)) >>> 0;
  }

  #vr(at: number): string {
    return String.fromCharCode(this.bytes[at] as number, this.bytes[at + 1] as number);
  }

  /** Tag, representation, start and declared length of the attribute at a byte, or `undefined` where no whole header is left. */
  #header(at: number, end: number) {
    if (at + 8 > end) return undefined;
    const { explicit, littleEndian } = this.encoding;
    const tag = this.#tag(at);
    const vr = this.#vr(at + 4);
    // Delimiters have no representation; private attributes sometimes lack theirs.
    const stored = explicit && tag >>> 16 !== 0xfffe && /^[A-Z]{2}$/.test(vr);
    if (!stored) return { tag, vr: '', start: at + 8, length: this.#view.getUint32(at + 4, littleEndian) };
    if (SHORT.has(vr)) return { tag, vr, start: at + 8, length: this.#view.getUint16(at + 6, littleEndian) };
    if (at + 12 > end) return undefined;
    return { tag, vr, start: at + 12, length: this.#view.getUint32(at + 8, littleEndian) };
  }

  /** Attributes from a byte on, to `end`, to the end of their item, or through the pixel data of a file. */
  dataSet(start: number, end: number, depth: number, stop: (tag: number) => boolean = () => false) {
    if (depth > MAXIMUM_DEPTH) throw new FormatError('deeper ones', `sequences nested at most ${MAXIMUM_DEPTH} deep`);
    const attributes = new Map<number, Attribute>();
    let at = start;
    for (;;) {
      const header = this.#header(at, end);
      // Fewer bytes than a header has are padding.
      if (!header || stop(header.tag)) break;
      const { tag, vr, start: offset, length } = header;
      if (tag === ITEM_END || tag === SEQUENCE_END) {
        at += 8;
        if (depth > 0) break;
        continue;
      }
      const isPixels = PIXEL_DATA.includes(tag);
      if (length === UNDEFINED_LENGTH) {
        const packed = isPixels || (vr !== '' && vr !== 'SQ' && vr !== 'UN');
        // A sequence of unknown representation is written implicitly, the low byte first (PS3.5 section 6.2.2).
        const parser = vr === 'UN' ? new Parser(this.bytes, { explicit: false, littleEndian: true }) : this;
        if (packed) {
          const { fragments, next } = this.fragments(offset, end);
          attributes.set(tag, { vr, offset, length: next - offset, fragments });
          at = next;
        } else {
          const { items, next } = parser.items(offset, end, depth);
          attributes.set(tag, { vr, offset, length: next - offset, items });
          at = next;
        }
      } else {
        if (offset + length > end && !isPixels)
          throw new FormatError(
            `one that ends inside attribute ${named(tag)}`,
            'a whole DICOM file',
            'Copy it again from its source.',
          );
        attributes.set(tag, { vr, offset, length: Math.min(length, end - offset) });
        at = offset + length;
      }
      if (isPixels && depth === 0) break;
    }
    return { set: new DicomDataSet(this.bytes, this.encoding, attributes), next: Math.min(at, end) };
  }

  /** The items of a sequence, to `end` or to its delimiter, whose length means nothing. */
  items(start: number, end: number, depth: number) {
    const items: DicomDataSet[] = [];
    let at = start;
    while (at + 8 <= end) {
      const tag = this.#tag(at);
      const length = this.#view.getUint32(at + 4, this.encoding.littleEndian);
      at += 8;
      if (tag === SEQUENCE_END) return { items, next: at };
      if (tag !== ITEM) throw new FormatError(`attribute ${named(tag)}`, 'items in a DICOM sequence');
      const itemEnd = length === UNDEFINED_LENGTH ? end : at + length;
      if (itemEnd > end)
        throw new FormatError(
          'one that ends inside a sequence',
          'a whole DICOM file',
          'Copy it again from its source.',
        );
      const { set, next } = this.dataSet(at, itemEnd, depth + 1);
      items.push(set);
      at = length === UNDEFINED_LENGTH ? next : itemEnd;
    }
    return { items, next: at };
  }

  fragments(start: number, end: number) {
    const fragments: [number, number][] = [];
    let at = start;
    while (at + 8 <= end) {
      const tag = this.#tag(at);
      const length = this.#view.getUint32(at + 4, this.encoding.littleEndian);
      at += 8;
      if (tag === SEQUENCE_END) break;
      if (tag !== ITEM) throw new FormatError(`attribute ${named(tag)}`, 'fragments of compressed pixel data');
      if (at + length > end)
        throw new FormatError(
          'a file that ends inside it',
          'whole compressed pixel data',
          'Copy it again from its source.',
        );
      fragments.push([at, length]);
      at += length;
    }
    return { fragments, next: at };
  }
}

const DEFLATED = '1.2.840.10008.1.2.1.99';
const BIG_ENDIAN = '1.2.840.10008.1.2.2';
const IMPLICIT = '1.2.840.10008.1.2';

/** Attributes before the pixels of a deflated file are expected within this many bytes. */
const MAXIMUM_ATTRIBUTES = 1 << 24;
const MAXIMUM_INFLATED = 1 << 28;

/** Decompresses a deflated data set as far as its pixel data reaches, and no further. */
function inflateDataSet(bytes: Uint8Array, start: number): Uint8Array {
  let out = new Uint8Array(1 << 20);
  let [filled, wanted] = [0, Infinity];
  const encoding = { explicit: true, littleEndian: true };
  const seek = () => {
    const { set } = new Parser(out.subarray(0, filled), encoding).dataSet(0, filled, 0);
    const pixels = PIXEL_DATA.map((tag) => set.get(tag)).find((found) => found);
    if (!pixels) return;
    const declared = new DataView(out.buffer).getUint32(pixels.offset - 4, true);
    const [rows, columns, samples, allocated] = [0x00280010, 0x00280011, 0x00280002, 0x00280100].map(
      (tag) => set.word(tag) ?? 1,
    ) as [number, number, number, number];
    const frames = Math.max(1, set.decimal(0x00280008) ?? 1);
    wanted = pixels.offset + Math.min(declared, Math.ceil((rows * columns * samples * allocated * frames) / 8));
  };
  inflate(bytes, start, (piece) => {
    if (filled + piece.length > out.length) {
      // Twice the memory only after looking whether more is wanted.
      try {
        seek();
      } catch {
        // The data set continues.
      }
      if (wanted === Infinity && filled > MAXIMUM_ATTRIBUTES)
        throw new FormatError('a deflated file without', `pixel data within the first ${MAXIMUM_ATTRIBUTES} bytes`);
      if (wanted !== Infinity && wanted > MAXIMUM_INFLATED)
        throw new FormatError(
          `${wanted}`,
          `at most ${MAXIMUM_INFLATED} bytes of deflated data`,
          'Convert it, for example with dcmconv +te.',
        );
      const grown = new Uint8Array(Math.max(Math.min(wanted, 2 * out.length), filled + piece.length));
      grown.set(out);
      out = grown;
    }
    out.set(piece, filled);
    filled += piece.length;
    return filled < wanted;
  });
  return out.subarray(0, filled);
}

export interface DicomFile {
  readonly data: DicomDataSet;
  readonly transferSyntax: string;
  /** The SOP Class UID of the file meta information. */
  readonly mediaClass: string | undefined;
}

/** Reads the attributes of a file with a preamble, through its pixel data. Throws `FormatError`. */
export function parseDicom(bytes: Uint8Array): DicomFile {
  // The file meta information is always explicit, the low byte first; it ends where group 2 ends, whatever its length says.
  const metaParser = new Parser(bytes, { explicit: true, littleEndian: true });
  const meta = metaParser.dataSet(132, bytes.length, 0, (tag) => tag >>> 16 !== 2);
  const declared = meta.set.text(0x00020010);
  const mediaClass = meta.set.text(0x00020002);
  if (declared === DEFLATED) {
    const body = inflateDataSet(bytes, meta.next);
    const { set } = new Parser(body, { explicit: true, littleEndian: true }).dataSet(0, body.length, 0);
    return { data: set, transferSyntax: declared, mediaClass };
  }
  // Some files are not encoded as they declare: the first attribute shows whether representations are stored.
  const explicit = /^[A-Z]{2}$/.test(String.fromCharCode(bytes[meta.next + 4] ?? 0, bytes[meta.next + 5] ?? 0));
  const encoding = { explicit, littleEndian: declared !== BIG_ENDIAN };
  const { set } = new Parser(bytes, encoding).dataSet(meta.next, bytes.length, 0);
  return { data: set, transferSyntax: declared ?? IMPLICIT, mediaClass };
}

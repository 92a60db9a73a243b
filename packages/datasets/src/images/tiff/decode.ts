// TIFF in plain TypeScript (TIFF 6.0, BigTIFF): gray, RGB, palette and CMYK, integers and floats, strips, tiles and planes,
// uncompressed or packed with LZW, deflate, PackBits, JPEG or CCITT. Read strip by strip; whatever is missing or damaged is refused.
import { type ByteReader, FormatError } from '../bytes.ts';
import { checkClaim, MAXIMUM_BYTES } from '../header.ts';
import { type FastInflate, InflateReader } from '../inflate.ts';
import { decodeComponents, decodeJpegFile } from '../jpeg/decode.ts';
import { readJpeg } from '../jpeg/markers.ts';
import { orient } from '../orient.ts';
import type { RasterImage } from '../raster.ts';
import { type Line, LineSink, type SampleKind, Tone, type ToneOptions, withoutWindow } from '../tone.ts';
import { unpackFax } from './ccitt.ts';
import { kindOf, lineReader } from './lines.ts';
import { readTiffPages, type TiffPage } from './pages.ts';
import { unpackRuns, unsupportedCompression } from './unpack.ts';

/** How the pixels of a page are cut into strips or tiles. Strips are tiles as wide as the image. */
interface Tiling {
  readonly width: number;
  readonly height: number;
  readonly across: number;
  readonly down: number;
  readonly planes: number;
  /** Samples per pixel within a tile. */
  readonly samples: number;
  readonly tiled: boolean;
  readonly offsets: readonly number[];
  readonly counts: readonly number[];
  readonly rowBytes: number;
}

/** The compression methods of fax machines. */
const FAX: readonly number[] = [2, 3, 4];

/** Bytes of padded tiles may exceed those of the image by this factor and this many bytes. */
const MOST_PADDING = 4;
const PADDING = 1 << 24;

function tilingOf({ width, height, bits, samples, tag, reader }: TiffPage): Tiling {
  const tileWidth = tag(322)?.[0];
  const tiled = tileWidth !== undefined;
  const size = tiled
    ? { width: tileWidth, height: tag(323)?.[0] ?? 0 }
    : { width, height: Math.min(tag(278)?.[0] ?? height, height) };
  if (!(size.width > 0 && size.height > 0)) throw new FormatError(`tiles of ${size.width}x${size.height} pixels`);
  const planes = tag(284)?.[0] === 2 ? samples : 1;
  const [across, down] = [Math.ceil(width / size.width), Math.ceil(height / size.height)];
  const rowBytes = Math.ceil((size.width * (samples / planes) * bits) / 8);
  const tiles = across * down * planes;
  const bytes = Math.ceil((width * height * samples * bits) / 8);
  if (tiles * rowBytes * size.height > MOST_PADDING * bytes + PADDING)
    throw new FormatError(`tiles of ${size.width}x${size.height} pixels for an image of ${width}x${height}`);
  const [offsets, counts] = [tag(tiled ? 324 : 273) ?? [], tag(tiled ? 325 : 279) ?? []];
  if (offsets.length < tiles) throw new FormatError(`${offsets.length} strips or tiles where ${tiles} are needed`);
  const uncompressed = (tag(259)?.[0] ?? 1) === 1;
  if (counts.length < tiles && !uncompressed) throw new FormatError('strips or tiles without their lengths');
  // Strips that overlap would be unpacked again and again.
  const packed = counts.slice(0, tiles).reduce((sum, count) => sum + count, 0);
  if (!uncompressed && packed > 4 * reader.bytes.length + PADDING)
    throw new FormatError('strips or tiles that overlap');
  const present = counts.length < tiles ? reader.bytes.length : Math.min(packed, reader.bytes.length);
  // A row that equals the one above takes a bit in two-dimensional fax compression.
  checkClaim(bytes, present, FAX.includes(tag(259)?.[0] ?? 1) ? 8 * rowBytes : undefined);
  return { ...size, across, down, planes, samples: samples / planes, tiled, offsets, counts, rowBytes };
}

const REVERSED = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let i = 0; i < 8; i++) bits |= ((byte >> i) & 1) << (7 - i);
  return bits;
});

/** The rows of a strip or tile, one after another, as unpacked. */
function rowReader(page: TiffPage, tiling: Tiling, packed: Uint8Array, rows: number, fast: FastInflate | undefined) {
  const compression = page.tag(259)?.[0] ?? 1;
  const { rowBytes } = tiling;
  let bytes = packed;
  if (page.tag(266)?.[0] === 2) bytes = packed.map((byte) => REVERSED[byte] as number);
  if (compression === 8 || compression === 32946) {
    const stream = new InflateReader(bytes, rows * rowBytes, { fast, verify: true });
    const row = new Uint8Array(rowBytes);
    return () => {
      stream.read(row);
      return row;
    };
  }
  if (compression !== 1) {
    const raw = new Uint8Array(rows * rowBytes);
    if (compression === 5 || compression === 32773) unpackRuns(bytes, compression, raw);
    else if (page.bits !== 1 || tiling.samples !== 1) throw new FormatError(`fax compression of ${page.bits} bits`);
    else unpackFax(bytes, compression, page.tag(292)?.[0] ?? 0, tiling.width, raw);
    bytes = raw;
  }
  let at = 0;
  return () => {
    const row = bytes.subarray(at, at + rowBytes);
    at += rowBytes;
    return row;
  };
}

/** Takes `columns` pixels of row `y` from column `x`; all samples of each, or one where the file has them in planes. */
type VisitLine = (line: Line, y: number, x: number, columns: number, plane: number | undefined) => void;

const METHODS: readonly number[] = [1, 2, 3, 4, 5, 8, 32946, 32773];

/** The bytes of a strip or tile, which must be whole. */
function packedTile(
  reader: ByteReader,
  { offsets, counts }: Tiling,
  tile: number,
  needed: number | undefined,
): Uint8Array {
  const [offset, count] = [offsets[tile] as number, counts[tile]];
  // Without compression, the length that is needed is known.
  const length = needed !== undefined && (count === undefined || count > needed) ? needed : (count as number);
  if (needed !== undefined && length < needed)
    throw new FormatError(`strip or tile ${tile + 1} with ${length} of ${needed} bytes`);
  if (length === 0) throw new FormatError(`strip or tile ${tile + 1} without data`);
  if (offset + length > reader.bytes.length)
    throw new FormatError(
      `a file that ends early: strip or tile ${tile + 1} ends at byte ${offset + length} of ${reader.bytes.length}`,
    );
  return reader.part(offset, length);
}

/** Runs `read` and names the strip or tile in its error. */
function withTile<T>(tile: number, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw Object.assign(new FormatError(`${cause.actual} in strip or tile ${tile + 1}`), { cause });
  }
}

/** Calls `visit` with every line of every strip or tile, without planes beyond the `wanted` ones. */
function visitLines(
  page: TiffPage,
  kind: SampleKind,
  wanted: number,
  visit: VisitLine,
  fast: FastInflate | undefined,
): void {
  const compression = page.tag(259)?.[0] ?? 1;
  if (!METHODS.includes(compression)) throw unsupportedCompression(compression);
  const tiling = tilingOf(page);
  const { across, down, planes, samples, rowBytes } = tiling;
  const read = lineReader(page, kind, tiling.width * samples, samples);
  for (let tile = 0; tile < across * down * Math.min(planes, wanted); tile++) {
    const [plane, place] = [Math.floor(tile / (across * down)), tile % (across * down)];
    const [x, y] = [(place % across) * tiling.width, Math.floor(place / across) * tiling.height];
    const inside = Math.min(tiling.height, page.height - y);
    // Tiles are padded at the edges; the last strip may be short.
    const rows = tiling.tiled ? tiling.height : inside;
    const packed = packedTile(page.reader, tiling, tile, compression === 1 ? rows * rowBytes : undefined);
    const columns = Math.min(tiling.width, page.width - x);
    withTile(tile, () => {
      const next = rowReader(page, tiling, packed, rows, fast);
      for (let r = 0; r < inside; r++) visit(read(next()), y + r, x, columns, planes > 1 ? plane : undefined);
      // The padding belongs to the checksum.
      for (let r = inside; r < rows; r++) next();
    });
  }
}

/** A strip or tile as a JPEG file of its own: the page's tables go in after the start marker. */
function wholeJpeg(packed: Uint8Array, tables: Uint8Array | undefined): Uint8Array {
  if (!tables || tables.length <= 4) return packed;
  const body = tables.subarray(2, tables.length - 2);
  const file = new Uint8Array(packed.length + body.length);
  file.set(packed.subarray(0, 2));
  file.set(body, 2);
  file.set(packed.subarray(2), 2 + body.length);
  return file;
}

/** Calls `visit` with every line of JPEG-compressed strips or tiles (Adobe's technical note 2). YCbCr becomes RGB. */
function visitJpegLines(page: TiffPage, visit: VisitLine): void {
  if (page.bits !== 8) throw new FormatError(`JPEG compression of ${page.bits} bits`);
  const tiling = tilingOf(page);
  const { across, down, planes, samples } = tiling;
  const tables = page.tag(347);
  for (let tile = 0; tile < across * down * planes; tile++) {
    const [plane, place] = [Math.floor(tile / (across * down)), tile % (across * down)];
    const [x, y] = [(place % across) * tiling.width, Math.floor(place / across) * tiling.height];
    const [columns, rows] = [Math.min(tiling.width, page.width - x), Math.min(tiling.height, page.height - y)];
    const bytes = wholeJpeg(packedTile(page.reader, tiling, tile, undefined), tables && Uint8Array.from(tables));
    const file = withTile(tile, () => readJpeg(bytes));
    if (
      file.components.length !== samples ||
      file.width !== tiling.width ||
      file.height < rows ||
      file.height > tiling.height
    )
      throw new FormatError(
        `a JPEG of ${file.width}x${file.height} pixels in a strip or tile of ${tiling.width}x${tiling.height}`,
      );
    const { data } = withTile(tile, () =>
      page.photometric === 6 ? decodeJpegFile(bytes, file, 'ycc') : decodeComponents(bytes, file),
    );
    for (let r = 0; r < rows; r++) {
      const line = data.subarray(r * tiling.width * samples, (r + 1) * tiling.width * samples);
      visit(line, y + r, x, columns, planes > 1 ? plane : undefined);
    }
  }
}

function pageOf(bytes: Uint8Array, directory: number): TiffPage {
  const page = readTiffPages(bytes).find((candidate) => candidate.directory === directory);
  if (!page) throw new FormatError(`no directory ${directory}`);
  const size = (page.width * page.height * page.samples * page.bits) / 8;
  if (size > MAXIMUM_BYTES)
    throw new FormatError(`${size} bytes of pixels`, `at most ${MAXIMUM_BYTES} bytes of pixels`);
  return page;
}

/** The stored samples of a page, interleaved. */
export interface TiffSamples {
  readonly page: TiffPage;
  readonly values: Uint8Array | Uint16Array | Float64Array;
}

/**
 * Reads the stored samples of a page without lossy compression; those that are no unsigned integers of up to 16 bits as floats. The caller
 * has checked the size.
 */
export function readTiffSamples(bytes: Uint8Array, directory: number): TiffSamples {
  const page = pageOf(bytes, directory);
  const kind = kindOf(page);
  const { width, height, bits, samples } = page;
  const Values = kind.format !== 'unsigned' || bits > 16 ? Float64Array : bits > 8 ? Uint16Array : Uint8Array;
  const values = new Values(width * height * samples);
  const visit: VisitLine = (line, y, x, columns, plane) => {
    const start = (y * width + x) * samples;
    if (plane === undefined) values.set(line.subarray(0, columns * samples), start);
    else for (let i = 0; i < columns; i++) values[start + i * samples + plane] = line[i] as number;
  };
  visitLines(page, kind, samples, visit, undefined);
  return { page, values };
}

/** Inks as colors, as libtiff converts them. */
function fromInks({ width, height, data }: Pick<RasterImage, 'width' | 'height' | 'data'>): RasterImage {
  const out = new Uint8Array(width * height * 3);
  for (let i = 0, to = 0; to < out.length; i += 4, to += 3) {
    const key = 255 - (data[i + 3] as number);
    for (let c = 0; c < 3; c++) out[to + c] = Math.floor((key * (255 - (data[i + c] as number))) / 255);
  }
  return { width, height, channels: 3, data: out };
}

/** Indices as colors. Palettes have 16 bits; some writers leave values of 8 bits in them. */
function fromPalette({ width, height, data }: RasterImage, palette: readonly number[]): RasterImage {
  const colors = Math.floor(palette.length / 3);
  const shift = palette.some((value) => value > 255) ? 8 : 0;
  const out = new Uint8Array(width * height * 3);
  data.forEach((index, i) => {
    if (index >= colors) throw new FormatError(`color ${index} of a palette of ${colors}`);
    for (let c = 0; c < 3; c++) out[3 * i + c] = (palette[c * colors + index] as number) >> shift;
  });
  return { width, height, channels: 3, data: out };
}

/** What the samples of a page are: how many of them make a pixel's color. */
function colorsOf({ photometric, samples, bits, tag }: TiffPage, jpeg: boolean): 'gray' | 'rgb' | 'palette' | 'cmyk' {
  if ((photometric === 0 || photometric === 1) && samples >= 1) return 'gray';
  if (photometric === 2 && samples >= 3) return 'rgb';
  if (photometric === 6 && samples === 3 && jpeg) return 'rgb';
  if (photometric === 3 && bits <= 8 && tag(320)) return 'palette';
  if (photometric === 5 && samples >= 4 && (tag(332)?.[0] ?? 1) === 1) return 'cmyk';
  const names: Readonly<Record<number, string>> = { 5: 'inks', 6: 'YCbCr', 8: 'CIELab', 32803: 'a color filter array' };
  const name = photometric < 0 ? 'none' : `${photometric}${names[photometric] ? ` (${names[photometric]})` : ''}`;
  throw new FormatError(
    `photometric interpretation ${name} with ${samples} samples`,
    'gray, RGB, palette or CMYK pixels',
    'Convert it to RGB or gray.',
  );
}

/**
 * Decodes a page of a TIFF file to 8 bits. Alpha is dropped and colors stay as stored, whether multiplied by alpha or not; unsigned samples above 8 bits keep
 * their highest 8 bits; samples of other kinds go through the window. `directory` counts all images of the file. The caller has checked the size.
 */
export function decodeTiff(
  bytes: Uint8Array,
  directory: number,
  { fastInflate, ...options }: ToneOptions & { readonly fastInflate?: FastInflate } = {},
): RasterImage {
  const page = pageOf(bytes, directory);
  const kind = kindOf(page);
  const { width, height, samples, tag } = page;
  const jpeg = tag(259)?.[0] === 7;
  const colors = colorsOf(page, jpeg);
  // Indices are looked up, not shown.
  const tone = new Tone(
    colors === 'palette' ? { bits: 8, format: 'unsigned' } : kind,
    colors === 'palette' ? {} : colors === 'gray' ? options : withoutWindow(options),
  );
  const kept = { gray: 1, palette: 1, rgb: 3, cmyk: 4 }[colors];
  const sink = new LineSink(width, height, samples, kept, tone);
  const visit: VisitLine = (line, y, x, columns, plane) =>
    plane === undefined ? sink.put(line, y, x, 1, columns) : sink.putPlane(line, plane, y, x, columns);
  if (jpeg) visitJpegLines(page, visit);
  else visitLines(page, kind, kept, visit, fastInflate);
  tone.finish();
  const { data } = sink;
  let image: RasterImage = { width, height, channels: colors === 'rgb' ? 3 : 1, data };
  if (colors === 'palette') image = fromPalette(image, tag(320) as readonly number[]);
  if (colors === 'cmyk') image = fromInks({ width, height, data });
  return orient(image, tag(274)?.[0] ?? 1);
}

// Builds zip archives in which every field can be wrong.
import { bytesFrom, little } from './pickle.ts';
import type { Piece } from './sparse.ts';

export interface MadeEntry {
  readonly name: string;
  readonly bytes?: Uint8Array;
  /** Declared size if there are no bytes, which are then zeros. */
  readonly size?: number;
  readonly method?: number;
  readonly flags?: number;
}

/** Numbers in 32 bits each, or in the extra field where they do not fit. */
function wide(numbers: readonly number[], zip64: boolean): { fields: Uint8Array[]; extra: Uint8Array } {
  const large = zip64 ? numbers : numbers.filter((n) => n >= 0xffffffff);
  const fields = numbers.map((n) => little(zip64 || n >= 0xffffffff ? 0xffffffff : n, 4));
  const extra =
    large.length === 0
      ? new Uint8Array()
      : bytesFrom(1, 0, little(8 * large.length, 2), ...large.map((n) => little(n, 8)));
  return { fields, extra };
}

/** The pieces and the size of an archive, which may be larger than memory. */
export function zipPieces(entries: readonly MadeEntry[], zip64 = false): { pieces: Piece[]; size: number } {
  const pieces: Piece[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const { name, bytes, size = bytes?.length ?? 0, method = 0, flags = 0 } of entries) {
    const nameBytes = new TextEncoder().encode(name);
    const local = bytesFrom('PK', 3, 4, little(0, 22), little(nameBytes.length, 2), little(0, 2), nameBytes);
    const { fields, extra } = wide([size, size, at], zip64);
    directory.push(
      bytesFrom('PK', 1, 2, little(0, 4), little(flags, 2), little(method, 2), little(0, 8)),
      bytesFrom(fields[1] as Uint8Array, fields[0] as Uint8Array),
      bytesFrom(little(nameBytes.length, 2), little(extra.length, 2), little(0, 10), fields[2] as Uint8Array),
      nameBytes,
      extra,
    );
    pieces.push([at, local], [at + local.length, bytes ?? new Uint8Array()]);
    at += local.length + size;
  }
  const central = bytesFrom(...directory);
  const large = zip64 || at >= 0xffffffff;
  const end64 = bytesFrom(
    'PK',
    6,
    6,
    little(44, 8),
    little(0, 12),
    little(entries.length, 8),
    little(entries.length, 8),
  );
  const tail = bytesFrom(
    central,
    ...(large ? [end64, little(central.length, 8), little(at, 8)] : []),
    ...(large ? ['PK', 6, 7, little(0, 4), little(at + central.length, 8), little(1, 4)] : []),
    'PK',
    5,
    6,
    little(0, 4),
    little(large ? 0xffff : entries.length, 2),
    little(large ? 0xffff : entries.length, 2),
    little(large ? 0xffffffff : central.length, 4),
    little(large ? 0xffffffff : at, 4),
    little(0, 2),
  );
  pieces.push([at, tail]);
  return { pieces, size: at + tail.length };
}

/** A small archive as bytes. */
export function zipBytes(entries: readonly MadeEntry[], zip64 = false): Uint8Array {
  const { pieces, size } = zipPieces(entries, zip64);
  const bytes = new Uint8Array(size);
  for (const [offset, piece] of pieces) bytes.set(piece, offset);
  return bytes;
}

// Writes tensors in the format of `torch.save`: a zip archive with one pickle and one stored file per tensor.
import { open } from 'node:fs/promises';

export interface FloatTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

type Part = number | string | Uint8Array;

const bytesOf = (...parts: readonly Part[]): Uint8Array =>
  Buffer.concat(
    parts.map((part) =>
      typeof part === 'number' ? Buffer.of(part) : typeof part === 'string' ? Buffer.from(part) : part,
    ),
  );

const uint = (value: number, size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);

// Opcodes of pickle protocol 2.
const unicode = (value: string) => bytesOf('X', uint(Buffer.byteLength(value), 4), value);
const integer = (value: number) => bytesOf('J', uint(value, 4));
const tuple = (...values: readonly Uint8Array[]) => bytesOf('(', ...values, 't');

/** Row-major strides in elements. */
const stridesOf = (shape: readonly number[]): number[] =>
  shape.map((_, i) => shape.slice(i + 1).reduce((product, size) => product * size, 1));

/** A dictionary of tensors, each in a storage of its own that is named by its index. */
const pickle = (tensors: readonly FloatTensor[]): Uint8Array =>
  bytesOf(
    ...[0x80, 2, '}('],
    ...tensors.flatMap(({ name, shape, data }, i) => [
      unicode(name),
      'ctorch._utils\n_rebuild_tensor_v2\n(',
      tuple(
        unicode('storage'),
        bytesOf('ctorch\nFloatStorage\n'),
        unicode(`${i}`),
        unicode('cpu'),
        integer(data.length),
      ),
      ...['Q', integer(0), tuple(...shape.map(integer)), tuple(...stridesOf(shape).map(integer))],
      // requires_grad = False, and no hooks.
      ...[0x89, 'ccollections\nOrderedDict\n)RtR'],
    ]),
    'u.',
  );

/** Writes a `.pth` file of less than 4 GiB. */
export async function writeTorchArchive(path: string, tensors: readonly FloatTensor[]): Promise<void> {
  const entries = [
    { name: 'archive/data.pkl', bytes: pickle(tensors) },
    ...tensors.map(({ data }, i) => ({ name: `archive/data/${i}`, bytes: new Uint8Array(data.buffer) })),
  ];
  const file = await open(path, 'w');
  try {
    const directory: Uint8Array[] = [];
    let at = 0;
    const write = async (bytes: Uint8Array) => {
      await file.write(bytes, 0, bytes.length, at);
      at += bytes.length;
    };
    for (const { name, bytes } of entries) {
      // Version, flags, method (stored), time, date and checksum, then sizes and the length of the name.
      const header = bytesOf(
        uint(0, 14),
        uint(bytes.length, 4),
        uint(bytes.length, 4),
        uint(name.length, 2),
        uint(0, 2),
      );
      directory.push(bytesOf('PK', 1, 2, uint(0, 2), header, uint(0, 10), uint(at, 4), name));
      await write(bytesOf('PK', 3, 4, header, name));
      await write(bytes);
    }
    const central = bytesOf(...directory);
    const start = at;
    await write(central);
    const count = uint(entries.length, 2);
    await write(bytesOf('PK', 5, 6, uint(0, 4), count, count, uint(central.length, 4), uint(start, 4), uint(0, 2)));
  } finally {
    await file.close();
  }
}

// A file on disk as a byte source. Node only.
import { open } from 'node:fs/promises';
import { escapeControlCharacters, FormatError, shown, WeightsError } from '../errors.ts';
import { type ByteSource, checkRange } from './byte-source.ts';

/** Systems read at most 2 GiB at a time. */
const LARGEST_READ = 2 ** 30;

/** A file on disk, read in parts. */
export async function fileSource(path: string): Promise<ByteSource> {
  if (typeof path !== 'string')
    throw new WeightsError(
      'weights/missing',
      `path: expected a text, got ${shown(path)}. Give the path of a weight file.`,
    );
  const subject = escapeControlCharacters(path);
  const handle = await open(path).catch((cause) => {
    const isMissing = cause.code === 'ENOENT' || cause.code === 'ENOTDIR';
    const message = isMissing
      ? `${subject}: expected a weight file, got none. Check the path.`
      : `${subject}: expected a file that can be read, got ${cause.code}. Check its permissions.`;
    throw new WeightsError('weights/missing', message, { cause });
  });
  const status = await handle.stat();
  if (!status.isFile()) {
    await handle.close();
    throw new WeightsError(
      'weights/missing',
      `${subject}: expected a weight file, got a folder or device. Check the path.`,
    );
  }
  const { size } = status;
  return {
    name: path,
    size,
    async read(offset, length) {
      checkRange({ name: path, size }, offset, length);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, LARGEST_READ), offset + done);
        if (bytesRead === 0) throw new FormatError(path, `${size} bytes`, 'fewer, since the file has changed');
        done += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}

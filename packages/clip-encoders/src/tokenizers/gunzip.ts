// Decompression with a bound.
import { TokenizerFileError } from '../errors.ts';

/** More than any vocabulary: the largest published tokenizer.json has 4 MB. */
const LIMIT = 64 * 2 ** 20;

/** @throws TokenizerFileError for a damaged stream, or one that grows beyond 64 MiB */
export async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      size += part.value.length;
      if (size > LIMIT) {
        await reader.cancel();
        throw new TokenizerFileError(`at most ${LIMIT} bytes when unpacked`, 'more');
      }
      parts.push(part.value);
    }
  } catch (cause) {
    if (cause instanceof TokenizerFileError) throw cause;
    throw new TokenizerFileError('a whole gzip stream', 'a damaged one', { cause });
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

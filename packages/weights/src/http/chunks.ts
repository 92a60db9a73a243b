// The body of an answer, piece by piece.
import { orSilence } from './silence.ts';

/** Yields what arrives, or fails when the connection falls silent. */
export async function* chunksOf(response: Response, silence?: number): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await orSilence(reader.read(), silence);
      if (done) return;
      yield value;
    }
  } finally {
    // Whoever stops early wants no more of it, and does not wait for a connection that is silent.
    reader.cancel().catch(() => {});
  }
}

/** All of a body that has to be of one length; no more is ever held. */
export async function wholeBody(response: Response, length: number, silence?: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  for await (const chunk of chunksOf(response, silence)) {
    if (filled + chunk.length > length) throw new Error(`more than ${length} bytes`);
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled < length) throw new Error(`the end after ${filled} of ${length} bytes`);
  return bytes;
}

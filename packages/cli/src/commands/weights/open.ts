// A weight file from a path or an address.
import { openTensors, type TensorFile, urlSource } from '@medclipseg/weights';
import { openTensorFile } from '@medclipseg/weights/node';

export async function openWeights(place: string, signal: AbortSignal): Promise<TensorFile> {
  return /^https?:\/\//.test(place) ? openTensors(await urlSource(place, { signal })) : openTensorFile(place);
}

/** Names come from files that nobody vouches for: control characters would drive the terminal. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

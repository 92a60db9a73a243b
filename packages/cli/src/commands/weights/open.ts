// Opens a weight file from a path or an address.
import { openTensors, type TensorFile, urlSource } from '@medclipseg/weights';
import { openTensorFile } from '@medclipseg/weights/node';

export async function openWeights(place: string, signal: AbortSignal): Promise<TensorFile> {
  return /^https?:\/\//.test(place) ? openTensors(await urlSource(place, { signal })) : openTensorFile(place);
}

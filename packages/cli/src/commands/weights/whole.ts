// A checkpoint together with the encoders to which it refers.
import { selectBackend } from '@medclipseg/backends';
import { bytesSource, openTensors, type TensorFile } from '@medclipseg/weights';
import { encodeCheckpoint, MedCLIPSeg } from 'medclipseg';

/** The model without the state of its training. */
export async function openWhole(input: string, encoders: string | undefined, signal: AbortSignal): Promise<TensorFile> {
  // Nothing is computed: on this backend tensors are typed arrays.
  await selectBackend('cpu');
  const model = await MedCLIPSeg.fromPretrained(input, { encoders, signal });
  const bytes = await encodeCheckpoint(model.network, model.tokenizer.toJson());
  model.dispose();
  return openTensors(bytesSource(bytes, input));
}

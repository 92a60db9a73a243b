// A checkpoint together with the encoders that it names.
import { selectBackend } from '@medclipseg/backends';
import { bytesSource, openTensors, type TensorFile } from '@medclipseg/weights';
import { encodeCheckpoint, MedCLIPSeg } from 'medclipseg';

/** The model alone, without the state of its training. */
export async function openWhole(input: string, encoders: string | undefined, signal: AbortSignal): Promise<TensorFile> {
  // Nothing is computed: tensors stay typed arrays.
  await selectBackend('cpu');
  const model = await MedCLIPSeg.fromPretrained(input, { encoders, signal });
  const bytes = await encodeCheckpoint(model.network, model.tokenizer.toJson());
  model.dispose();
  return openTensors(bytesSource(bytes, input));
}

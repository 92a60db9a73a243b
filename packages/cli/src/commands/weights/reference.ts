// A checkpoint of this program under the names of the published implementation.
import { type FamilyName, families } from '@medclipseg/clip-encoders';
import {
  type StoredTensor,
  storedAs,
  stripPrefix,
  type TensorFile,
  type WritableType,
  writeMapped,
} from '@medclipseg/weights';
import type { ModelConfig } from 'medclipseg';
import { checkpointKeys } from 'medclipseg/internal';
import { UsageError } from '../../errors.ts';

/** Names under which the published implementation registers CLIP's temperature. */
const TEMPERATURES = ['logit_scale', 'clip_model.logit_scale'];

const isFamily = (name: string): name is FamilyName => Object.hasOwn(families, name);

/**
 * All tensors that strict loading by the published implementation requires.
 *
 * It registers CLIP's temperature but never uses it, and our checkpoints do not contain it: CLIP's own value, ln 100, is written.
 */
export function asReference(file: TensorFile, family: string, dtype?: WritableType): Map<string, StoredTensor> {
  if (!isFamily(family))
    throw new UsageError('--reference', Object.keys(families).join(', '), `'${family}'`, 'Choose one of them.');
  const { adapters } = JSON.parse(file.metadata.config ?? '{}') as Partial<ModelConfig>;
  if (adapters?.layers.length === 0 || adapters?.without)
    throw new UsageError('--reference', 'a complete model', 'an ablated one', 'The published program cannot run it.');
  const model = [...file.tensors.keys()].some((name) => name.startsWith('model.')) ? stripPrefix(file, 'model.') : file;
  const tensors = writeMapped(model, checkpointKeys(family), dtype);
  const temperature = storedAs({ shape: [], data: Float32Array.of(Math.log(100)) }, dtype);
  for (const name of TEMPERATURES)
    if (families[family].ignored.some((pattern) => pattern.test(name))) tensors.set(name, temperature);
  return tensors;
}

// A checkpoint of this program under the published implementation's names.
import { type FamilyName, families } from '@medclipseg/clip-encoders';
import {
  below,
  type StoredTensor,
  storedAs,
  type TensorFile,
  type WritableType,
  writeMapped,
} from '@medclipseg/weights';
import { checkpointKeys } from 'medclipseg';
import { UsageError } from '../../errors.ts';

/** Where the published implementation registers CLIP's temperature. */
const TEMPERATURES = ['logit_scale', 'clip_model.logit_scale'];

const isFamily = (name: string): name is FamilyName => Object.hasOwn(families, name);

/**
 * Everything that the published implementation's strict loading asks for.
 *
 * It computes nothing with CLIP's temperature, and checkpoints here do not keep it: CLIP's own, ln 100, stands in.
 */
export function asReference(file: TensorFile, family: string, dtype?: WritableType): Map<string, StoredTensor> {
  if (!isFamily(family))
    throw new UsageError('--reference', Object.keys(families).join(', '), `'${family}'`, 'Choose one of them.');
  const model = [...file.tensors.keys()].some((name) => name.startsWith('model.')) ? below(file, 'model.') : file;
  const tensors = writeMapped(model, checkpointKeys(family), dtype);
  const temperature = storedAs({ shape: [], data: Float32Array.of(Math.log(100)) }, dtype);
  for (const name of TEMPERATURES)
    if (families[family].ignored.some((pattern) => pattern.test(name))) tensors.set(name, temperature);
  return tensors;
}

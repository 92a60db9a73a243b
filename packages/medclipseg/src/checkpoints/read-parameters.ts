// The parameters in a checkpoint of this project.
import { assemble, shapesOf } from '@medclipseg/nn';
import { stripPrefix, type TensorFile } from '@medclipseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.ts';
import { CheckpointError } from '../errors.ts';
import { type ModelParameters, modelSpec } from '../network.ts';

/**
 * The parameters of a checkpoint, checked name by name against its configuration; one tensor at a time is in memory.
 *
 * @param given take the place of those in the file, if it has any; the result holds them
 */
export async function readParameters(
  name: string,
  config: ModelConfig,
  whole: TensorFile,
  given: ReadonlyMap<string, tf.Tensor> = new Map(),
): Promise<ModelParameters> {
  const file = stripPrefix(whole, 'model.');
  const spec = modelSpec(config);
  const shapes = shapesOf(spec);
  const shapeOf = (key: string) => (given.get(key) ?? file.tensors.get(key))?.shape;
  const faults: string[] = [];
  for (const [key, shape] of shapes) {
    const found = shapeOf(key);
    if (!found) faults.push(`${key}: missing`);
    else if (`${found}` !== `${shape}`) faults.push(`${key}: expected [${shape}], got [${found}]`);
  }
  for (const key of file.tensors.keys()) if (!shapes.has(key)) faults.push(`${key}: unexpected`);
  if (faults.length > 0)
    throw new CheckpointError(
      name,
      'the tensors that its configuration describes',
      `${faults.length} that do not fit:\n  ${faults.slice(0, 12).join('\n  ')}\n`,
      'Load the checkpoint with the configuration that wrote it.',
    );
  const made = new Map<string, tf.Tensor>();
  try {
    for (const [key, shape] of shapes)
      if (!given.has(key)) made.set(key, tf.tensor((await file.read(key)).data, [...shape]));
    return assemble(spec, new Map([...given, ...made])) as unknown as ModelParameters;
  } catch (error) {
    tf.dispose([...made.values()]);
    throw error;
  }
}

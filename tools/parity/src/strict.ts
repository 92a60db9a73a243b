// The way back: a published checkpoint as one of ours, under the published names again, loaded strictly in PyTorch.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type FamilyName, families } from '@medclipseg/clip-encoders';
import { shapesOf } from '@medclipseg/nn';
import { readMapped, stripPrefix, type TensorValue } from '@medclipseg/weights';
import { openTensorFile, writeSafetensors } from '@medclipseg/weights/node';
import { checkpointKeys, modelSpec } from 'medclipseg';
import { around } from './full-model.ts';

const command = resolve(import.meta.dirname, '../../../packages/cli/src/main.ts');
const loader = resolve(import.meta.dirname, '../../reference/strict.py');

const run = (program: string, args: readonly string[]) =>
  spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;

/** Writes the checkpoint under our names, converts it back as a user does, and lets PyTorch load it. */
export async function loadsStrictly(checkpoint: string, family: FamilyName, python: string): Promise<boolean> {
  const folder = mkdtempSync(`${checkpoint}-back-`);
  const [ours, theirs] = [join(folder, 'ours.safetensors'), join(folder, 'theirs.safetensors')];
  try {
    const file = await openTensorFile(checkpoint);
    const weights = stripPrefix(file, 'model.');
    const expected = shapesOf(modelSpec(around(family, weights)));
    const { ignored: ignore } = families[family];
    const tensors = new Map<string, TensorValue>();
    for (const [name, value] of await readMapped(weights, checkpointKeys(family), expected, { ignore }))
      tensors.set(`model.${name}`, value);
    await file.close();
    await writeSafetensors(ours, tensors);
    tensors.clear();
    const convert = [...process.execArgv, command, 'weights', 'convert', ours, theirs, '--reference', family];
    return run(process.execPath, convert) && run(python, [loader, family, theirs, checkpoint]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

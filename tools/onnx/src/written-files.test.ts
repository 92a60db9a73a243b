// Every way of writing a graph gives a standard file, with which Python computes what Node computes.
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectBackend } from '@medclipseg/backends';
import { registerGradients } from '@medclipseg/nn';
import { type EncodedModel, encodeOnnx, type StoredRange, trace, type WeightPlacement } from '@medclipseg/onnx';
import { compile, type TensorData } from '@medclipseg/onnx/node';
import { bytesSource, encodeSafetensors, openSafetensors, storedTensors, type TensorValue } from '@medclipseg/weights';
import { openTensorFile } from '@medclipseg/weights/node';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FUNCTIONS, type TracedFunction } from './functions.ts';
import { python, runPython } from './python.ts';

let folder: string;

beforeAll(async () => {
  await selectBackend('cpu');
  registerGradients();
  folder = await mkdtemp(join(tmpdir(), 'onnx-checks-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A safetensors file of the parameters, and where each is in it. */
async function store(name: string, { parameters }: TracedFunction, dtype: 'F32' | 'F16'): Promise<WeightPlacement> {
  const tensors = new Map<string, TensorValue>();
  for (const [key, tensor] of parameters)
    tensors.set(key, { shape: tensor.shape, data: (await tensor.data()) as Float32Array });
  const whole = await openSafetensors(bytesSource(await encodeSafetensors(tensors), name));
  const file = `${name}.${dtype}.safetensors`;
  await writeFile(join(folder, file), await encodeSafetensors(storedTensors(whole, dtype)));
  const written = await openTensorFile(join(folder, file));
  const ranges = [...written.tensors].map(([key, { range }]) => [key, { dtype, ...range }] as [string, StoredRange]);
  await written.close();
  return { kind: 'stored', file, tensors: new Map(ranges) };
}

async function write(name: string, { model, data }: EncodedModel): Promise<string> {
  const path = join(folder, `${name}.onnx`);
  await writeFile(path, model);
  const file = await open(join(folder, `${name}.data`), 'w');
  for await (const bytes of data()) await file.write(bytes);
  await file.close();
  return path;
}

const listed = ({ type, shape, data }: TensorData) => ({
  type,
  shape,
  data: [...data].map((v) => (type === 'bool' ? v !== 0 : v)),
});

const listedAll = (tensors: Readonly<Record<string, TensorData>>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, listed(tensor)]));

const PRECISIONS = ['float32', 'float16', 'int8'] as const;

describe.skipIf(!python)('written files', () => {
  for (const [name, make] of Object.entries(FUNCTIONS))
    it(`pass the checker and give the same numbers in Python: ${name}`, async () => {
      const traced = make();
      const { fn, inputs, parameters, values } = traced;
      const graph = trace(fn, inputs, { parameters });
      const placements: Record<string, WeightPlacement> = {
        inline: { kind: 'inline' },
        stored: await store(name, traced, 'F32'),
        half: await store(name, traced, 'F16'),
      };
      const cases: string[] = [];
      for (const precision of PRECISIONS)
        for (const kind of ['inline', 'external', 'stored', 'half'] as const) {
          const file = `${name} ${kind} ${precision}`;
          const weights = placements[kind] ?? { kind: 'external', file: `${file}.data` };
          const model = await write(file, await encodeOnnx(graph, { weights, precision }));
          const session = await compile(model);
          const outputs = await session.run(values);
          await session.dispose();
          cases.push(JSON.stringify({ model, inputs: listedAll(values), outputs: listedAll(outputs) }));
        }
      const answers = (await runPython('check.py', cases.join('\n')))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(answers).toHaveLength(cases.length);
      for (const { model, error, differences } of answers) {
        expect(error, model).toBeUndefined();
        for (const difference of Object.values(differences)) expect(difference, model).toBeLessThan(1e-6);
      }
      tf.dispose([...parameters.values()]);
    });
});

import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openTensorFile } from '@medclipseg/weights/node';
import { expect, it } from 'vitest';
import { weights } from './index.ts';

it('is small: at most 6 million parameters in half precision, at most 12 MB', async () => {
  const path = fileURLToPath(weights);
  expect((await stat(path)).size).toBeLessThanOrEqual(12e6);
  const file = await openTensorFile(path);
  const model = [...file.tensors].filter(([name]) => name.startsWith('model.')).map(([, info]) => info);
  const count = model.reduce((sum, { shape }) => sum + shape.reduce((n, side) => n * side, 1), 0);
  await file.close();
  expect(count).toBeGreaterThan(1e6);
  expect(count).toBeLessThanOrEqual(6e6);
  expect(new Set(model.map(({ dtype }) => dtype))).toEqual(new Set(['F16']));
});

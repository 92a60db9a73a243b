// The comparison with the reference fails when one gate is wrong by 0.01.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { releaseBackend, selectBackend } from '@medclipseg/backends';
import { expect, it } from 'vitest';
import { failuresIn } from './report.ts';
import { modelParity } from './small/model.ts';

const shared = process.env.MEDCLIPSEG_SHARED ?? resolve(import.meta.dirname, '../../../../shared');
const folder = `${shared}/golden/unimedclip-tiny`;
const present = existsSync(folder);
if (!present && process.env.CI) throw new Error(`no golden values at ${folder}`);

it.skipIf(!present)('a gate that is off by 0.01 fails in logits, probability, losses and gradients', async () => {
  await selectBackend('wasm');
  const rows = await modelParity(folder, 'unimedclip-tiny', { perturbGate: 0.01 });
  await releaseBackend();
  const failed = rows.filter((row) => failuresIn([row]) > 0).map(({ quantity }) => quantity.replace(/\d+/g, 'N'));
  for (const quantity of ['sample N logits', 'probability', 'N gradients of step N', 'losses of N steps'])
    expect(failed).toContain(quantity);
});

// A link restores the settings, and invalid links are ignored.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { UNCERTAINTIES, VIEWS } from '../worker/protocol.ts';
import { type LinkedSettings, readSettings, writeSettings } from './link.ts';

const settings: fc.Arbitrary<LinkedSettings> = fc.record(
  {
    prompt: fc.string({ minLength: 1, maxLength: 60 }),
    second: fc.string({ minLength: 1, maxLength: 60 }),
    samples: fc.integer({ min: 1, max: 100 }),
    seed: fc.nat(),
    view: fc.constantFrom(...VIEWS),
    uncertainty: fc.constantFrom(...UNCERTAINTIES),
    threshold: fc.integer({ min: 5, max: 95 }).map((n) => n / 100),
    largestOnly: fc.constant(true),
    device: fc.constantFrom('auto', 'webgpu', 'wasm'),
    phantom: fc.record({ modality: fc.constantFrom('mri', 'xray', 'endoscopy'), seed: fc.nat() }),
  },
  { requiredKeys: ['prompt', 'samples', 'seed', 'view', 'uncertainty', 'threshold', 'largestOnly', 'device'] },
);

it('settings that are written are read back', () => {
  fc.assert(
    fc.property(settings, (given) => {
      const expected = { ...given, largestOnly: true };
      expect(readSettings(`#${writeSettings(expected)}`)).toEqual(expected);
    }),
  );
});

it('invalid settings are ignored', () => {
  const invalid =
    '#samples=1e9&seed=-1&view=x&uncertainty=&threshold=NaN&largest=2&device=cuda&phantom=mri.1.5e3&phantom=__proto__';
  expect(readSettings(invalid)).toEqual({ phantom: { modality: 'mri', seed: 1 } });
  expect(readSettings('')).toEqual({});
  expect(readSettings(`#prompt=${'x'.repeat(9999)}`).prompt).toHaveLength(400);
});

import { expect, it } from 'vitest';
import { absoluteLinks } from './stage.ts';

const manifest = {
  version: '0.1.0',
  repository: { url: 'git+https://github.com/owner/name.git', directory: 'packages/mini' },
};

it('links of a README that is published point to the tag of its release', () => {
  expect(
    absoluteLinks('[card](../../docs/onnx.md#python) [x](https://a.b) ![worst](failures.png) [up](#top)', manifest),
  ).toBe(
    '[card](https://github.com/owner/name/blob/v0.1.0/docs/onnx.md#python) [x](https://a.b) ' +
      '![worst](https://github.com/owner/name/raw/v0.1.0/packages/mini/failures.png) [up](#top)',
  );
});

it('a link to a file that the repository does not have is refused', () => {
  expect(() => absoluteLinks('[card](../../docs/missing.md)', manifest)).toThrow(
    'packages/mini/README.md: expected a file of the repository, got ../../docs/missing.md',
  );
});

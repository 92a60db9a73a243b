import { packageBuild } from '../../tsup.base.ts';

export default packageBuild(
  { index: 'src/index.ts', node: 'src/node.ts', internal: 'src/internal.ts', browser: 'src/browser.ts' },
  { modules: true },
);

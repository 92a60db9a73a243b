import { packageBuild } from '../../tsup.base.ts';

const entry = { index: 'src/index.ts', node: 'src/node.ts', internal: 'src/internal.ts' };

export default packageBuild(
  { ...entry, browser: 'src/browser.ts' },
  { modules: { bundled: { ...entry, worker: 'src/loading/worker.ts' } } },
);

import { packageBuild } from '../../tsup.base.ts';

export default packageBuild({
  index: 'src/index.ts',
  node: 'src/node.ts',
  web: 'src/web.ts',
  worker: 'src/session/worker.ts',
});

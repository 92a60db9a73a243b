import { packageBuild } from '../../tsup.base.ts';

export default packageBuild({
  index: 'src/index.ts',
  metrics: 'src/metrics/index.ts',
  node: 'src/node.ts',
  report: 'src/report/index.ts',
});

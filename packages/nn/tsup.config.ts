import { packageBuild } from '../../tsup.base.ts';

export default packageBuild({
  index: 'src/index.ts',
  backends: 'src/backends/index.ts',
  testing: 'src/testing/index.ts',
});

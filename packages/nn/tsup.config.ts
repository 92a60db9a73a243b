import { packageBuild } from '../../tsup.base.ts';

export default packageBuild({
  index: 'src/index.ts',
  internal: 'src/internal.ts',
  testing: 'src/testing/index.ts',
});

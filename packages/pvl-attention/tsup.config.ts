import { packageBuild } from '../../tsup.base.ts';

export default packageBuild({ index: 'src/index.ts', internal: 'src/internal.ts', layers: 'src/layers/index.ts' });

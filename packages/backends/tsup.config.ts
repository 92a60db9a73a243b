import { packageBuild } from '../../tsup.base.ts';

export default packageBuild({ index: 'src/index.ts', vite: 'src/vite.ts' });

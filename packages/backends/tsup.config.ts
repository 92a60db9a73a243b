import { copyFile } from 'node:fs/promises';
import { packageBuild } from '../../tsup.base.ts';

export default packageBuild(
  { index: 'src/index.ts', vite: 'src/vite.ts' },
  // The script of the repository is the package's command; its mode is copied as well.
  { onSuccess: () => copyFile('../../tools/native-tensorflow.sh', 'dist/native-tensorflow.sh') },
);

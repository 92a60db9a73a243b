import { packageBuild } from '../../tsup.base.ts';

export default packageBuild({
  export: 'src/export/index.ts',
  images: 'src/images.ts',
  index: 'src/index.ts',
  internal: 'src/internal.ts',
  metrics: 'src/metrics/index.ts',
  node: 'src/node.ts',
  report: 'src/report/index.ts',
  training: 'src/training/index.ts',
  // Chosen by "imports" in package.json.
  'platform-browser': 'src/pretrained/platform-browser.ts',
  'platform-node': 'src/pretrained/platform-node.ts',
});

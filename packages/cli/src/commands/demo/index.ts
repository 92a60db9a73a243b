// medclipseg demo: the command line.
import { addBackendFlag, type Register } from '../../command.ts';

export const registerDemo: Register = (program, { signal }) => {
  const command = program
    .command('demo')
    .description('see mini segment a synthetic image of each modality; takes about a minute')
    .option('--out <folder>', 'where images and masks go', 'out/demo')
    .option('--seed <n>', 'which images are drawn', '2')
    .option('--samples <n>', 'Monte-Carlo samples', '30');
  addBackendFlag(command).action(async (options) => {
    const { demo } = await import('./run.ts');
    await demo(options, signal);
  });
};

// medclipseg compare: the command line.
import type { Register } from '../../command.ts';

export const registerCompare: Register = (program) => {
  program
    .command('compare')
    .description('compare two runs on the same images: differences with intervals, Wilcoxon signed-rank tests')
    .argument('<run-a>', 'a folder that test or evaluate wrote, or its scores.json')
    .argument('<run-b>', 'another one')
    .option('--json', 'print as JSON')
    .action(async (a, b, options) => {
      const { compare } = await import('./run.ts');
      await compare(a, b, options);
    });
};

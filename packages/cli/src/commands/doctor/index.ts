// medclipseg doctor: the command line.
import type { Register } from '../../command.ts';

export const registerDoctor: Register = (program) => {
  program
    .command('doctor')
    .description('show which backends work on this machine')
    .option('--json', 'print as JSON')
    .action(async (options) => {
      const { doctor } = await import('./run.ts');
      await doctor(options);
    });
};

// medclipseg train: the command line.
import { Option } from 'commander';
import { addBackendFlag, collect, type Register } from '../../command.ts';

export const registerTrain: Register = (program, { signal }) => {
  const command = program
    .command('train')
    .description('train a model on dataset folders')
    .option(
      '--config <file>',
      'settings (YAML), or the name of settings that come with the command: small, mini, unimedclip',
      'small',
    )
    .requiredOption('--data <folders...>', 'datasets in the published layout; several are used as one')
    .addOption(
      new Option(
        '--data-percentage <p>',
        'percentage of the training and validation images; the dataset must have its sheets',
      ).choices(['10', '25', '50', '100']),
    )
    .requiredOption('--out <folder>', 'where checkpoints and the log go')
    .option('--set <KEY.SUB=value>', 'override a setting (repeatable)', collect, [])
    .option('--label <value>', 'the label of label maps that is foreground: a number, or a color such as #ff0000')
    .option('--resume', 'continue the training in --out')
    .option('--cache <folder>', 'keep decoded images there for the next training; changed files are noticed');
  addBackendFlag(command).action(async (options) => {
    const { train } = await import('./run.ts');
    await train(options, signal);
  });
};

// medclipseg test: the command line.
import { addBackendFlag, addContourFlags, addModelFlags, addSamplingFlags, type Register } from '../../command.ts';

export const registerTest: Register = (program, { signal }) => {
  const command = program
    .command('test')
    .description('predict the test split of a dataset and score it')
    .requiredOption('--checkpoint <path>', 'a checkpoint or a folder with one, or a model as for predict')
    .requiredOption('--data <folder>', 'dataset in the published layout')
    .option(
      '--out <folder>',
      'where masks, maps and scores go; by default next to the checkpoint, or in out for a model without a path',
    )
    .option('--design <name>', 'how the prompts are written', 'original')
    .option('--prompt <prompt>', 'the same prompt for every image, instead of its own')
    .option('--label <value>', 'the label of label maps that is foreground: a number, or a color such as #ff0000')
    .option('--shuffle-prompts', 'give every image the prompt of another, to see how much prompts matter')
    .option('--report <file>', 'write an HTML report with plots, worst and best cases')
    .option('--json', 'print everything as JSON');
  addBackendFlag(addContourFlags(addSamplingFlags(addModelFlags(command)))).action(async (options) => {
    const { test } = await import('./run.ts');
    await test(options, signal);
  });
};

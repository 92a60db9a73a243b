// medclipseg evaluate: the command line.
import { addContourFlags, type Register } from '../../command.ts';

export const registerEvaluate: Register = (program, { signal }) => {
  const command = program
    .command('evaluate')
    .description('score a folder of masks against a folder of true masks')
    .requiredOption('--predictions <folder>', 'predicted masks')
    .requiredOption('--truth <folder>', 'true masks')
    .option('--label <value>', 'score only this label of label maps: a number, or a color such as #ff0000')
    .option('--probabilities <folder>', 'probability maps (16-bit PNG), for calibration')
    .option('--out <folder>', 'write scores.json and scores.csv')
    .option('--csv <file>', 'write the published table alone')
    .option('--report <file>', 'write an HTML report with plots, worst and best cases')
    .option('--images <folder>', 'the images, to show in the report')
    .option('--json', 'print everything as JSON');
  addContourFlags(command).action(async (options) => {
    const { evaluate } = await import('./run.ts');
    await evaluate(options, signal);
  });
};

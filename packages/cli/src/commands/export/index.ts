// medclipseg export: the command line.
import { addModelFlags, type Register } from '../../command.ts';

export const registerExport: Register = (program, { signal }) => {
  const command = program
    .command('export')
    .description('write a model as ONNX graphs with a card, for Python, C# and other programs')
    .argument('<model>', 'mini, a checkpoint or a folder with one, an address, or owner/name on the model hub')
    .requiredOption('--onnx <folder>', 'where the files go; an earlier export there is replaced, other files are not')
    .option('--precision <type>', 'of the weights: float32, float16, or int8 (faster, less exact)', 'float32')
    .option(
      '--weights <place>',
      'inline, external (files next to the graphs), or checkpoint (a copy of the unchanged checkpoint, which the graphs refer to); by default inline up to 2 GB',
    )
    .option('--name <name>', "the model's name in the card; by default that of its file")
    .option('--license <name>', 'license of the weights, for the card')
    .option('--json', 'print the card');
  addModelFlags(command).action(async (model, options) => {
    const { exportModel } = await import('./run.ts');
    await exportModel(model, options, signal);
  });
};

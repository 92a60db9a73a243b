// medclipseg weights: inspects, converts and downloads weight files.
import { collect, type Register } from '../../command.ts';

export const registerWeights: Register = (program, { signal }) => {
  const weights = program.command('weights').description('inspect, convert and download weight files');

  weights
    .command('inspect')
    .description('list the tensors of a safetensors or PyTorch file; from a server, only the header is fetched')
    .argument('<file>', 'a path or an http address')
    .option('--json', 'print as JSON')
    .action(async (file, options) => {
      const { inspect } = await import('./inspect.ts');
      await inspect(file, options, signal);
    });

  weights
    .command('convert')
    .description('write a weight file, or a part of it, as safetensors; a tensor with several names is written once')
    .argument('<input>', 'safetensors or PyTorch file, or an http address')
    .argument('<output>', 'safetensors file to write')
    .option('--below <prefix>', 'take only names with this prefix, such as "model.", and remove the prefix')
    .option('--keys <pattern>', 'take only names that match; * matches anything (repeatable)', collect, [])
    .option('--trained', 'take only the parameters that training changes, wherever the file holds the model')
    .option('--whole', 'write a checkpoint and the encoders to which it refers as one file')
    .option('--encoders <file>', 'with --whole: the file of the encoders, if it has moved')
    .option('--dtype <type>', 'write floating-point tensors as F32, F16 or BF16; by default each keeps its type')
    .option(
      '--reference <family>',
      'write a checkpoint of this program under the names of the published implementation',
    )
    .action(async (input, output, options) => {
      const { convert } = await import('./convert.ts');
      await convert(input, output, options, signal);
    });

  weights
    .command('download')
    .description("download files of a repository into the cache shared with Python's tools, and print their paths")
    .argument('<repo>', 'owner/name on the model hub')
    .argument('<files...>', 'files in the repository')
    .option('--revision <name>', 'branch, tag or commit', 'main')
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nReads HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE, HF_HUB_CACHE and HF_HOME.')
    .action(async (repo, files, options) => {
      const { download } = await import('./download.ts');
      await download(repo, files, options, signal);
    });
};

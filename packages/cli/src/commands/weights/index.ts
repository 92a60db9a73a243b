// medclipseg weights: look into weight files, convert them, fetch them.
import type { Command } from 'commander';

const list = (value: string, before: readonly string[]) => [...before, value];

/** Adds the commands; what they need is loaded when one of them runs. */
export function registerWeights(program: Command, signal: AbortSignal): void {
  const weights = program.command('weights').description('look into weight files, convert and download them');

  weights
    .command('inspect')
    .description('list the tensors of a safetensors or PyTorch file; of a file on a server only its header is fetched')
    .argument('<file>', 'a path or an http address')
    .option('--json', 'print as JSON')
    .action(async (file, options) => {
      const { inspect } = await import('./inspect.ts');
      await inspect(file, options, signal);
    });

  weights
    .command('convert')
    .description('write a weight file as safetensors, wholly or in part')
    .argument('<input>', 'safetensors or PyTorch file, or an http address')
    .argument('<output>', 'safetensors file to write')
    .option('--below <prefix>', 'take what has this prefix, such as "model.", and drop the prefix')
    .option('--keys <pattern>', 'take only names that match, * standing for anything (repeatable)', list, [])
    .option('--trained', 'take only what the published training learns')
    .option('--whole', 'take a model with the encoders that its checkpoint names, to be shipped as one file')
    .option('--encoders <file>', 'with --whole: where they are now')
    .option('--dtype <type>', 'write floating-point tensors as F32, F16 or BF16; by default each as it is')
    .option('--reference <family>', "write a checkpoint of this program under the published implementation's names")
    .action(async (input, output, options) => {
      const { convert } = await import('./convert.ts');
      await convert(input, output, options, signal);
    });

  weights
    .command('download')
    .description("download files of a model repository into the cache that Python's tools share, and print their paths")
    .argument('<repo>', 'owner/name on the model hub')
    .argument('<files...>', 'files in the repository')
    .option('--revision <name>', 'branch, tag or commit', 'main')
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nReads HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE, HF_HUB_CACHE and HF_HOME.')
    .action(async (repo, files, options) => {
      const { download } = await import('./download.ts');
      await download(repo, files, options, signal);
    });
}

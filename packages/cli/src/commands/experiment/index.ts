// medclipseg experiment and merge: the command line.
import { type Command, Option } from 'commander';
import { addBackendFlag, collect, type Register } from '../../command.ts';
import { PROTOCOLS, RELEASED } from './protocols.ts';

/** What all experiments have in common. */
const addRunFlags = (command: Command): Command =>
  addBackendFlag(
    command
      .requiredOption('--data <folder>', 'folder that holds the datasets by their names, as dataset download makes it')
      .requiredOption('--out <folder>', 'where models, scores and tables go; the same call resumes')
      .option('--plan', 'show what would be computed and how long it takes here, and compute nothing else')
      .option('--shard <i/n>', 'work on the i-th of n parts of the models only; merge writes the tables')
      .option('--samples <n>', 'Monte-Carlo samples of the tests; 0 runs the mean network')
      .option('--offline', 'take models of the model hub from the cache only')
      .option('--cache <folder>', 'keep decoded images there for the next training'),
  );

const list = (value: string) => value.split(',').map((each) => each.trim());

function addTrainingFlags(command: Command): Command {
  const { over, designs, variants, percentages } = PROTOCOLS[command.name() as keyof typeof PROTOCOLS];
  command
    .option('--config <file>', 'settings of the trainings: a file, unimedclip, mini or small', 'unimedclip')
    .option('--set <KEY.SUB=value>', 'override a setting (repeatable)', collect, [])
    .option('--seeds <list>', 'seeds of the trainings, such as 1,2,3', '666');
  if (over === 'datasets') command.option('--datasets <list>', 'other datasets than the published ones', list);
  else
    command.option(
      '--group <source:targets>',
      'train on one dataset and test on others too, such as Kvasir:ColonDB,BKAI (repeatable)',
      collect,
      [],
    );
  if (percentages.length > 1) command.option('--percentages <list>', 'only these of 10,25,50,100', list);
  if (designs.length > 1) command.option('--designs <list>', 'only these designs', list);
  if (Object.keys(variants).length > 1)
    command
      .option('--variants <list>', `only these of ${Object.keys(variants).join(',')}`, list)
      .option('--encoders <family=file>', 'take the encoders of a family from a file (repeatable)', collect, []);
  return command;
}

export const registerExperiment: Register = (program, context) => {
  const group = program
    .command('experiment')
    .description("repeat the paper's experiments, on one machine or many; status shows how far a run is");
  for (const [name, { summary }] of Object.entries(PROTOCOLS))
    addTrainingFlags(addRunFlags(group.command(name).description(summary))).action(async (options) => {
      const { experiment } = await import('./run.ts');
      await experiment(name as keyof typeof PROTOCOLS, options, context);
    });
  addRunFlags(
    group.command('reproduce').description('test the released checkpoints, and compare with the published numbers'),
  )
    .option('--model <repository>', 'repository of the checkpoints on the model hub', RELEASED)
    .option('--revision <name>', 'branch, tag or commit of the repository')
    .action(async (options) => {
      const { reproduce } = await import('./reproduce.ts');
      await reproduce(options, context);
    });
  group
    .command('status')
    .description('how far the experiments in a folder are')
    .argument('<folder>', 'the --out of a run')
    .addOption(new Option('--json', 'print as JSON'))
    .action(async (folder, options) => {
      const { status } = await import('./status.ts');
      await status(folder, options);
    });
  program
    .command('merge')
    .description('join the results of the shards of an experiment and write its tables')
    .argument('<folders...>', 'the --out of each shard, or the one of all')
    .option('--out <folder>', 'where the joined results go; needed for several folders')
    .action(async (folders, options) => {
      const { merge } = await import('./merge.ts');
      await merge(folders, options, context);
    });
};

// medclipseg dataset: draws, creates, downloads, checks and lists datasets.
import { Option } from 'commander';
import type { Register } from '../../command.ts';
import { EXIT } from '../../errors.ts';

export const registerDataset: Register = (program, { signal, endWith }) => {
  const dataset = program.command('dataset').description('draw, create, download, check and list datasets');

  dataset
    .command('phantom')
    .description('draw synthetic images with masks and true prompts, in the published layout')
    .requiredOption('--modality <name>', 'ultrasound, endoscopy, dermoscopy, mri or xray')
    .requiredOption('--count <n>', 'number of images')
    .requiredOption('--out <folder>', 'a new folder')
    .option('--seed <n>', 'the same seed draws the same images', '666')
    .option('--size <n>', 'width and height in pixels', '224')
    .addOption(
      new Option('--ask <what>', 'all: a row per image; one: a row per lesion, asked for by what sets it apart')
        .choices(['all', 'one'])
        .default('all'),
    )
    .option('--absent <share>', 'share of the images, 0 to 1, without the lesion that their prompt asks for', '0')
    .option('--hard', 'add distractors such as shadows, ink or a pacemaker, and lesions that are harder to see')
    .action(async (options) => {
      const { phantom } = await import('./phantom.ts');
      await phantom(options, signal);
    });

  dataset
    .command('download')
    .description('download published datasets from the model hub, in the published layout')
    .argument('<names...>', 'BUSI, Kvasir, …; see dataset list')
    .option('--out <folder>', 'each dataset gets a folder of its name in it', 'data')
    .option('--from <folder>', 'for EUS: the folder with EUS_cancer, EUS_healthy (or their .zip) and Prompts_Folder')
    .option('--revision <name>', 'branch, tag or commit on the hub', 'main')
    .option('--json', 'print the folders as JSON')
    .addHelpText('after', '\nReads HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE, HF_HUB_CACHE and HF_HOME.')
    .action(async (names, options) => {
      const { download } = await import('./download.ts');
      await download(names, options, signal);
    });

  dataset
    .command('create')
    .description('create a dataset from your own images and masks, with prompts written from the masks')
    .requiredOption('--images <folder>', 'images')
    .requiredOption('--masks <folder>', 'a mask for each image, or several: a.png, a_mask.png, a_1.png, …')
    .requiredOption('--out <folder>', 'a new folder')
    .requiredOption('--modality <name>', 'ultrasound, endoscopy, dermoscopy, mri or xray: the words of the prompts')
    .option('--lesion <noun>', 'what the masks show, such as nodule, instead of the word of the modality')
    .option('--organ <noun>', 'where, such as thyroid, instead of the word of the modality')
    .option('--label <value>', 'the label of label maps that is foreground; by default all labels are')
    .option('--split <percentages>', 'for training, validation, test', '80,10,10')
    .option('--patient-separator <text>', 'names equal up to it are of one patient, whose images go into one split')
    .option('--seed <n>', 'draws the splits and subsets', '666')
    .action(async (options) => {
      const { create } = await import('./create.ts');
      await create(options, signal);
    });

  dataset
    .command('list')
    .description('show the sixteen published datasets')
    .option('--json', 'print everything as JSON')
    .action(async (options) => {
      const { list } = await import('./list.ts');
      list(options);
    });

  dataset
    .command('check')
    .description('find problems that would invalidate an experiment; exit code 1 on errors')
    .argument('<folder>', 'dataset in the published layout, or prompt sheets only')
    .option('--tokenizer <file>', 'tokenizer.json, vocab.txt or merges file to measure prompts with')
    .option('--as <name>', 'the published dataset whose documented counts apply; by default the name of the folder')
    .option('--json', 'print everything as JSON')
    .action(async (folder, options) => {
      const { check } = await import('./check.ts');
      if (!(await check(folder, options, signal))) endWith(EXIT.failed);
    });
};

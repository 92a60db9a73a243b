// The `medclipseg` command.
import { Command, CommanderError, Option } from 'commander';
import { BACKEND_HELP } from './backend.ts';
import { registerWeights } from './commands/weights/index.ts';
import { describe, EXIT, exitCode } from './errors.ts';
import { addModelFlags } from './model-flags.ts';
import { addSamplingFlags } from './sampling.ts';

const control = new AbortController();
// The first Ctrl-C asks for an orderly end, the second ends at once.
process.once('SIGINT', () => {
  process.stderr.write('\nstopping after this step; press Ctrl-C again to stop at once\n');
  control.abort();
  process.once('SIGINT', () => process.exit(EXIT.canceled));
});

/** What the command found, where nothing was thrown. */
let code: number = EXIT.done;

const list = (value: string, before: string[]) => [...before, value];

const program = new Command('medclipseg')
  .description(
    'Segment medical images by a prompt, with a map of how sure the model is. For research, not a medical device.',
  )
  .exitOverride()
  .showSuggestionAfterError();

program
  .command('train')
  .description('train a model on a dataset folder')
  .requiredOption('--config <file>', 'settings (YAML)')
  .requiredOption('--data <folders...>', 'datasets in the published layout; several are learned from as one')
  .addOption(
    new Option(
      '--data-percentage <p>',
      'percentage of the training and validation images; the dataset must have its sheets',
    ).choices(['10', '25', '50', '100']),
  )
  .requiredOption('--out <folder>', 'where checkpoints and the log go')
  .option('--set <KEY.SUB=value>', 'override a setting (repeatable)', list, [])
  .option('--backend <name>', BACKEND_HELP, 'auto')
  .option('--resume', 'go on with the training in --out')
  .option('--cache <folder>', 'keep decoded images there, for the next training; changed files are seen')
  .action(async (options) => {
    const { train } = await import('./commands/train.ts');
    await train(options, control.signal);
  });

addSamplingFlags(
  addModelFlags(
    program
      .command('predict')
      .description('segment one image by a prompt, or into classes by several')
      .argument('<image>', 'PNG, JPEG, TIFF, WebP, BMP, DICOM or NIfTI')
      .option('--prompt <prompt>', 'what to segment')
      .option('--class <name=prompt>', 'a class of a label map instead (repeatable)', list, [])
      .option('--threshold <p>', 'probability above which a pixel belongs to a class; 0.5 if not given')
      .option(
        '--model <name>',
        'mini, a checkpoint or a folder with one, an address, or owner/name on the model hub',
        'mini',
      )
      .option(
        '--interpolation <how>',
        "to the image's own size: bilinear, or nearest as the published evaluation",
        'bilinear',
      )
      .option('--out <folder>', 'where the maps go', 'out')
      .option(
        '--page <n>',
        'page of a TIFF, frame of a DICOM file, slice of a NIfTI volume, from 0; needed where there are several',
      ),
  ),
)
  .option('--split-uncertainty', 'also write what each sample is unsure of, and what the samples disagree on')
  .option('--backend <name>', BACKEND_HELP, 'auto')
  .option('--json', 'print the report')
  .action(async (image, options) => {
    const { predict } = await import('./commands/predict.ts');
    await predict(image, options, control.signal);
  });

addSamplingFlags(
  addModelFlags(
    program
      .command('test')
      .description('predict the test split of a dataset and score it')
      .requiredOption('--checkpoint <path>', 'a checkpoint, or a folder with one')
      .requiredOption('--data <folder>', 'dataset in the published layout')
      .option(
        '--out <folder>',
        'where masks and scores go; by default beside the checkpoint, or in out for one that was not named by its path',
      )
      .option('--design <name>', 'how the prompts are written', 'original')
      .option('--prompt <prompt>', 'the same prompt for every image, instead of its own')
      .option('--label <value>', 'the label of label maps that is foreground: a number, or a color such as #ff0000')
      .option('--shuffle-prompts', 'give every image another one’s prompt, to see how far prompts matter')
      .option('--tolerance <distance>', 'of the contour NSD, in the unit of --spacing', '2')
      .option('--spacing <size>', 'size of a pixel, as 0.5 or as 0.5,0.7 (across, down)', '1'),
  ),
)
  .option('--backend <name>', BACKEND_HELP, 'auto')
  .option('--report <file>', 'write an HTML report with plots, worst and best cases')
  .option('--json', 'print everything as JSON')
  .action(async (options) => {
    const { test } = await import('./commands/test.ts');
    await test(options, control.signal);
  });

program
  .command('evaluate')
  .description('score a folder of masks against a folder of true masks')
  .requiredOption('--predictions <folder>', 'predicted masks')
  .requiredOption('--truth <folder>', 'true masks')
  .option('--tolerance <distance>', 'of the contour NSD, in the unit of --spacing', '2')
  .option('--spacing <size>', 'size of a pixel, as 0.5 or as 0.5,0.7 (across, down)', '1')
  .option('--label <value>', 'score this label of label maps alone: a number, or a color such as #ff0000')
  .option('--probabilities <folder>', 'probability maps (16-bit PNG), for calibration')
  .option('--out <folder>', 'write scores.json and scores.csv')
  .option('--csv <file>', 'write the published table alone')
  .option('--report <file>', 'write an HTML report with plots, worst and best cases')
  .option('--images <folder>', 'the images, to show in the report')
  .option('--json', 'print everything as JSON')
  .action(async (options) => {
    const { evaluate } = await import('./commands/evaluate.ts');
    await evaluate(options, control.signal);
  });

program
  .command('compare')
  .description('compare two runs on the same images: differences with intervals, Wilcoxon signed-rank tests')
  .argument('<run-a>', 'a folder that test or evaluate wrote, or its scores.json')
  .argument('<run-b>', 'another one')
  .option('--json', 'print as JSON')
  .action(async (a, b, options) => {
    const { compare } = await import('./commands/compare.ts');
    await compare(a, b, options);
  });

program
  .command('demo')
  .description('see mini at work on a drawn picture of each modality; takes about a minute')
  .option('--out <folder>', 'where pictures and masks go', 'out/demo')
  .option('--seed <n>', 'which pictures are drawn', '1')
  .option('--samples <n>', 'Monte-Carlo samples', '30')
  .option('--backend <name>', BACKEND_HELP, 'auto')
  .action(async (options) => {
    const { demo } = await import('./commands/demo.ts');
    await demo(options, control.signal);
  });

const dataset = program.command('dataset').description('draw, make, check and list datasets');

dataset
  .command('phantom')
  .description('draw pictures with masks and true prompts, in the published layout')
  .requiredOption('--modality <name>', 'ultrasound, endoscopy, dermoscopy, mri or xray')
  .requiredOption('--count <n>', 'how many')
  .requiredOption('--out <folder>', 'a folder that is not there yet')
  .option('--seed <n>', 'the same seed draws the same pictures', '666')
  .option('--size <n>', 'width and height in pixels', '224')
  .action(async (options) => {
    const { phantom } = await import('./commands/dataset/phantom.ts');
    await phantom(options, control.signal);
  });

dataset
  .command('download')
  .description('get published datasets from the model hub, in the published layout')
  .argument('<names...>', 'BUSI, Kvasir, …; see dataset list')
  .option('--out <folder>', 'each dataset gets a folder of its name in it', 'data')
  .option('--from <folder>', 'for EUS: the folder with EUS_cancer, EUS_healthy (or their .zip) and Prompts_Folder')
  .option('--revision <name>', 'branch, tag or commit on the hub', 'main')
  .option('--json', 'print the folders as JSON')
  .addHelpText('after', '\nReads HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE, HF_HUB_CACHE and HF_HOME.')
  .action(async (names, options) => {
    const { download } = await import('./commands/dataset/download.ts');
    await download(names, options, control.signal);
  });

dataset
  .command('create')
  .description('make a dataset from your own images and masks, with prompts written from the masks')
  .requiredOption('--images <folder>', 'images')
  .requiredOption('--masks <folder>', 'a mask for each image, or several: a.png, a_mask.png, a_1.png, …')
  .requiredOption('--out <folder>', 'a folder that is not there yet')
  .requiredOption('--modality <name>', 'ultrasound, endoscopy, dermoscopy, mri or xray: the words of the prompts')
  .option('--finding <noun>', 'what the masks show, such as nodule, instead of the modality’s word')
  .option('--organ <noun>', 'where, such as thyroid, instead of the modality’s word')
  .option('--split <percentages>', 'to train, to validate, to test', '80,10,10')
  .option('--label <value>', 'the label of label maps that is foreground; by default all labels are')
  .option('--patient-separator <text>', 'a name up to it is a patient, whose images come into one split')
  .option('--seed <n>', 'draws the splits and subsets', '666')
  .action(async (options) => {
    const { create } = await import('./commands/dataset/create.ts');
    await create(options, control.signal);
  });

dataset
  .command('list')
  .description('show the sixteen published datasets')
  .option('--json', 'print everything as JSON')
  .action(async (options) => {
    const { list } = await import('./commands/dataset/list.ts');
    list(options);
  });

dataset
  .command('check')
  .description('find what would ruin an experiment; exit code 1 on errors')
  .argument('<folder>', 'dataset in the published layout, or prompt sheets only')
  .option('--tokenizer <file>', 'tokenizer.json, vocab.txt or merges file to measure prompts with')
  .option('--as <name>', 'the published dataset whose documented counts apply; by default the folder’s name')
  .option('--json', 'print everything as JSON')
  .action(async (folder, options) => {
    const { check } = await import('./commands/dataset/check.ts');
    if (!(await check(folder, options, control.signal))) code = EXIT.failed;
  });

registerWeights(program, control.signal);

program
  .command('doctor')
  .description('show which backends work here')
  .option('--json', 'print as JSON')
  .action(async (options) => {
    const { doctor } = await import('./commands/doctor.ts');
    await doctor(options);
  });

/** Runs the command line and returns the exit code. */
async function main(): Promise<number> {
  try {
    await program.parseAsync();
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const code = exitCode(error);
    // The signal handler has said that the command stops.
    if (code !== EXIT.canceled) process.stderr.write(`${describe(error)}\n`);
    return code;
  }
}

// A WebGPU device keeps Node alive: leave once the work is done.
process.exit(await main());

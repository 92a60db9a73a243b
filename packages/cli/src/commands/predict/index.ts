// medclipseg predict: the command line.
import { addBackendFlag, addModelFlags, addSamplingFlags, collect, type Register } from '../../command.ts';

export const registerPredict: Register = (program, { signal, endWith }) => {
  const command = program
    .command('predict')
    .description('segment images and volumes by a prompt, or into classes by several prompts')
    .argument(
      '[inputs...]',
      'files (PNG, JPEG, TIFF, WebP, BMP, DICOM, NIfTI), patterns of them, folders, DICOM series; may be left out with --jobs',
    )
    .option(
      '--prompt <prompt>',
      'what to segment; with slices, as in 0:40="one tumor", only there (repeatable)',
      collect,
      [],
    )
    .option('--class <name=prompt>', 'a class of a label map instead (repeatable)', collect, [])
    .option('--threshold <p>', 'probability above which a pixel belongs to a class; 0.5 if not given')
    .option('--jobs <file>', 'what to segment in each image: .json, .csv, .xlsx or .jsonl')
    .option(
      '--model <name>',
      'mini, a checkpoint or a folder with one, an address, or owner/name on the model hub',
      'mini',
    )
    .option(
      '--interpolation <how>',
      "how maps get the image's own size: bilinear, or nearest as in the published evaluation",
      'bilinear',
    )
    .option('--out <folder>', 'where the maps go', 'out')
    .option('--skip-existing', 'leave out inputs with results of the same settings, and continue a run in this way')
    .option('--shard <i/n>', 'segment only the i-th of n parts of the inputs')
    .option('--page <n>', 'page of a TIFF, frame of a DICOM file, slice of a NIfTI volume as an image, from 0')
    .option('--volume <n>', 'volume of a four-dimensional NIfTI file, from 0; needed where there are several')
    .option('--axis <name>', 'axis across which a volume is cut: i, j, k, axial, coronal or sagittal')
    .option('--slices <a:b>', 'only these slices of a volume, from a to before b')
    .option(
      '--window <center,width>',
      "values shown as black to white, in place of the file's window; needed for CT without one and for TIFF of float, signed or 32-bit values",
    )
    .option('--dicom-seg', 'also write a DICOM segmentation of each DICOM series')
    .option('--split-uncertainty', 'also write the expected uncertainty of the samples and their disagreement')
    .option('--json', 'print the report');
  addBackendFlag(addSamplingFlags(addModelFlags(command))).action(async (inputs, options) => {
    const { predict } = await import('./run.ts');
    await predict(inputs, options, { signal, endWith });
  });
};

// medclipseg predict: the command line.
import { addBackendFlag, addModelFlags, addSamplingFlags, collect, type Register } from '../../command.ts';

export const registerPredict: Register = (program, { signal }) => {
  const command = program
    .command('predict')
    .description('segment one image by a prompt, or into classes by several prompts')
    .argument('<image>', 'PNG, JPEG, TIFF, WebP, BMP, DICOM or NIfTI')
    .option('--prompt <prompt>', 'what to segment')
    .option('--class <name=prompt>', 'a class of a label map instead (repeatable)', collect, [])
    .option('--threshold <p>', 'probability above which a pixel belongs to a class; 0.5 if not given')
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
    .option(
      '--page <n>',
      'page of a TIFF, frame of a DICOM file, slice of a NIfTI volume, from 0; needed where there are several',
    )
    .option('--volume <n>', 'volume of a four-dimensional NIfTI file, from 0; needed where there are several')
    .option(
      '--window <center,width>',
      "values shown as black to white, in place of the file's window; needed for TIFF of float, signed or 32-bit values",
    )
    .option('--split-uncertainty', 'also write the expected uncertainty of the samples and their disagreement')
    .option('--json', 'print the report');
  addBackendFlag(addSamplingFlags(addModelFlags(command))).action(async (image, options) => {
    const { predict } = await import('./run.ts');
    await predict(image, options, signal);
  });
};

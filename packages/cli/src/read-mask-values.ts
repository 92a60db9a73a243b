// The masks of a dataset's samples, with the rule by which their values are read.
import { basename, resolve } from 'node:path';
import { DATASETS, isMaskError } from '@medclipseg/datasets';
import { type SampleFile, withMaskReadings } from '@medclipseg/datasets/node';

/**
 * Samples with the reading of their masks. A published dataset whose masks hold other values is read by the published
 * threshold, with a notice, so that its figures can be compared.
 *
 * @param folder the dataset's folder; its name says whether it is a published one
 */
export async function readMaskValues<S extends SampleFile>(
  samples: readonly S[],
  folder: string,
  options: { readonly label?: string; readonly signal: AbortSignal },
): Promise<S[]> {
  try {
    return await withMaskReadings(samples, options);
  } catch (error) {
    if (!isMaskError(error) || options.label !== undefined || !Object.hasOwn(DATASETS, basename(resolve(folder))))
      throw error;
    process.stderr.write(
      `${error.message}\nRead with the published threshold: foreground is gray level 127 and above.\n`,
    );
    return [...samples];
  }
}

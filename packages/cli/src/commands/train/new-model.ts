// The model that a training starts from.
import { vocabularyOf, wordTokenizer } from '@medclipseg/clip-encoders/tokenizers';
import { loadEncoders, MedCLIPSeg } from 'medclipseg';
import { UsageError } from '../../errors.ts';
import { loadingBar } from '../../progress.ts';
import { encoderConfig, modelConfig } from '../../settings/plan.ts';
import type { Settings } from '../../settings/schema.ts';

/** Flipping an image changes the words of place in its prompt; the vocabulary has all of them. */
const WORDS_OF_PLACE = 'top bottom left right upper lower center polyp';

/** Adapters on the frozen encoders of another file, or a new model with a vocabulary of the training prompts. */
export async function newModel(
  settings: Settings,
  prompts: readonly string[],
  { signal, offline }: { readonly signal: AbortSignal; readonly offline?: boolean },
): Promise<MedCLIPSeg> {
  const { MODEL, SEED: seed } = settings;
  if (!('ENCODERS' in MODEL)) {
    const tokenizer = wordTokenizer({
      words: vocabularyOf([...prompts, WORDS_OF_PLACE]),
      contextLength: MODEL.TEXT.CONTEXT,
    });
    return MedCLIPSeg.create(modelConfig(settings, encoderConfig(MODEL, tokenizer.size)), tokenizer, { seed });
  }
  const { ENCODERS, TOKENIZER: tokenizer, FAMILY: family, REVISION: revision } = MODEL;
  const { onProgress, stop } = loadingBar();
  const encoders = await loadEncoders(ENCODERS, {
    tokenizer,
    family,
    revision,
    localFilesOnly: offline,
    signal,
    onProgress,
  }).finally(stop);
  const deepest = Math.max(-1, ...MODEL.LAYERS);
  if (deepest >= encoders.vision.layers)
    throw new UsageError(
      'MODEL.LAYERS',
      `blocks 0 to ${encoders.vision.layers - 1} of ${ENCODERS}`,
      `${deepest}`,
      'Name the blocks that follow an adapter.',
    );
  const { adapters, upscaleBlocks, skips } = modelConfig(settings, encoders);
  return MedCLIPSeg.createOn(encoders, { adapters, upscaleBlocks, skips, seed });
}

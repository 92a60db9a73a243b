// Drawn samples, with the prompts they were drawn to.
import type { Modality } from '@medclipseg/datasets';
import { openPhantom } from './picture.ts';
import { prompts, setPrompt } from './prompts.ts';

/** The first of each kind, chosen to show one clear finding; the next ones follow. */
const FIRST = 3;
const next: Partial<Record<Modality, number>> = {};

/** The prompt that came with a sample, which may be replaced when the next sample comes. */
let offered = '';

/** @param seed the one that a link names; otherwise the next */
export async function takePhantom(modality: Modality, seed = next[modality] ?? FIRST): Promise<void> {
  next[modality] = seed + 1;
  const prompt = await openPhantom({ modality, seed });
  if (!prompt) return;
  if (!prompts.value.a || prompts.value.a === offered) setPrompt('a', prompt);
  offered = prompt;
}

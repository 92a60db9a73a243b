// Drawn samples, with the sentences they were drawn to.
import type { Modality } from '@medclipseg/datasets';
import { openPhantom } from './picture.ts';
import { sentences, setSentence } from './sentences.ts';

/** The first of each kind, chosen to show one clear finding; the next ones follow. */
const FIRST = 3;
const next: Partial<Record<Modality, number>> = {};

/** The sentence that came with a sample, which may be replaced when the next sample comes. */
let offered = '';

/** @param seed the one that a link names; otherwise the next */
export async function takePhantom(modality: Modality, seed = next[modality] ?? FIRST): Promise<void> {
  next[modality] = seed + 1;
  const sentence = await openPhantom({ modality, seed });
  if (!sentence) return;
  if (!sentences.value.a || sentences.value.a === offered) setSentence('a', sentence);
  offered = sentence;
}

// What the segmentations of images and of volumes have in common.
import { type MedCLIPSeg, type ModelInfo, unknownPrompt } from 'medclipseg';

export interface OpenModel {
  readonly model: MedCLIPSeg;
  readonly info: Pick<ModelInfo, 'path' | 'metadata'>;
  readonly backend: string;
}

/** A model that is opened when the first input needs it, and once. */
export interface Segmenter {
  readonly open: () => Promise<OpenModel>;
}

/** Numbers for the report, a line for people, what to look at, and the files by their kinds. */
export interface Outcome {
  readonly numbers: Readonly<Record<string, unknown>>;
  readonly line: string;
  readonly notes: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Notes about prompts in which the model knows no word. */
export async function promptNotes({ open }: Segmenter, prompts: readonly string[]): Promise<string[]> {
  const { info } = await open();
  return [...new Set(prompts)].flatMap((prompt) => unknownPrompt(prompt, info) ?? []);
}

/** Notes about a class. */
export const nameNotes = (name: string, notes: readonly string[]): string[] => notes.map((note) => `${name}: ${note}`);

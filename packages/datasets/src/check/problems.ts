// What can be wrong with a dataset, as data.

export type Severity = 'error' | 'warning' | 'note';

/** Each kind of problem: how bad it is, and what it means for training and scoring. */
export const PROBLEM_KINDS = {
  'missing-sheet': ['error', 'the sheet is missing'],
  'unreadable-sheet': ['error', 'the sheet cannot be read'],
  'empty-sheet': ['warning', 'the sheet has no rows'],
  'missing-image': ['error', 'a row names an image that does not exist'],
  'missing-mask': ['error', 'a row names a mask that does not exist'],
  'unreadable-image': ['error', 'the image cannot be decoded'],
  'unreadable-mask': ['error', 'the mask cannot be decoded'],
  'mask-values': ['error', 'the values of the masks cannot be read as background and foreground'],
  'mask-size': ['error', 'the mask has another size than its image'],
  'empty-mask': ['error', 'the prompt describes a lesion, the mask is empty'],
  'contradicted-mask': ['error', 'the prompt says that there is no lesion, the mask has foreground'],
  'near-empty-mask': ['warning', 'the mask has only tiny specks'],
  'full-mask': ['warning', 'the mask covers almost the whole image'],
  'duplicate-row': ['warning', 'an image is in a sheet more than once'],
  'duplicate-content': ['warning', 'two images of a split have the same pixels'],
  'shared-name': ['error', 'an image of the same name is in two splits'],
  'shared-content': ['error', 'the same pixels are in two splits'],
  'empty-prompt': ['error', 'a row has no prompt'],
  'too-many-tokens': ['warning', 'the prompt is longer than the text tower reads'],
  'documented-count': ['warning', 'the sheet has another number of rows than documented'],
  'design-rows': ['error', 'a design has other images than the original prompts'],
  'design-place': ['warning', 'a design names another place than the original prompt'],
  'foreign-row': ['error', 'a subset has an image that the whole sheet has not'],
  'assumed-window': ['note', 'the image does not say how it is shown'],
  'not-nested': ['note', 'a smaller subset is not part of the next larger one'],
  'test-only': ['note', 'there is only a test split: models can be tested on it, not trained'],
  place: ['warning', 'the prompt names a side of the image, and the mask is in the other half'],
} as const satisfies Readonly<Record<string, readonly [Severity, string]>>;

export type ProblemKind = keyof typeof PROBLEM_KINDS;

export interface Problem {
  readonly kind: ProblemKind;
  readonly severity: Severity;
  readonly meaning: string;
  /** The sheet or folder. */
  readonly where: string;
  /** What is concerned: images, or counts. */
  readonly items: readonly string[];
  /** Out of how many, if known. */
  readonly of?: number;
}

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** Gathers problems. */
export interface ProblemList {
  /** Does nothing without items. */
  readonly add: (kind: ProblemKind, where: string, items: readonly string[], of?: number) => void;
  /** Errors first; within a severity in the order in which they were found. */
  readonly sorted: () => Problem[];
}

export function problemList(): ProblemList {
  const problems: Problem[] = [];
  return {
    add: (kind, where, items, of) => {
      const [severity, meaning] = PROBLEM_KINDS[kind];
      if (items.length > 0) problems.push({ kind, severity, meaning, where, items, of });
    },
    sorted: () => [...problems].sort((a, b) => RANK[a.severity] - RANK[b.severity]),
  };
}

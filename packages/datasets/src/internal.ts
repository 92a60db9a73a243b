// For other packages and the tools of this repository; not stable.
export { type BatchRow, batchRows } from './augment/rows.ts';
export { ASKED_BY, type AskedBy, askBy, distinctions, type LesionWords } from './prompts/ask.ts';
export { withPlace } from './prompts/read.ts';
export { LESION_NOUNS, type LesionKind, lesionNoun } from './prompts/wordings.ts';

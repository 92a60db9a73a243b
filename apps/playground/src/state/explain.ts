// Errors of the program in words for the person. What the program said goes along as a detail.
import { MAXIMUM_PIXELS } from '@medclipseg/datasets';
import { STRINGS } from '../strings.ts';
import type { Notice } from './notices.ts';

const { problems } = STRINGS;

const fieldOf = (error: unknown, field: 'tag' | 'message' | 'name'): string => {
  const value = (error as Record<string, unknown> | null)?.[field];
  return typeof value === 'string' ? value : '';
};

/** The device that computed is gone; another engine can go on. */
export const isGpuLoss = (error: unknown): boolean => fieldOf(error, 'tag').startsWith('backends/gpu-');

export const isAbort = (error: unknown): boolean => fieldOf(error, 'name') === 'AbortError';

function promptFor(tag: string, message: string): string {
  if (tag === 'datasets/image')
    return message.includes(`${MAXIMUM_PIXELS} pixels`) ? problems.tooManyPixels : problems.notAnImage;
  const known: Readonly<Record<string, string>> = {
    'playground/file-too-large': problems.fileTooLarge,
    'playground/mask-size': problems.maskSize,
    'weights/network': problems.noConnection,
    'weights/http': problems.serverRefused,
    'weights/hub': problems.notOnHub,
    'weights/format': problems.notAModel,
    'weights/keys': problems.otherModel,
    'weights/forbidden-pickle': problems.forbiddenPickle,
    'medclipseg/checkpoint': problems.notAModel,
    'medclipseg/tokenizer': problems.tokenizer,
    'clip-encoders/tokenizer-file': problems.tokenizer,
    'clip-encoders/vocabulary': problems.tokenizer,
    'backends/out-of-memory': problems.outOfMemory,
    'backends/gpu-lost': problems.gpuLost,
    'backends/gpu-error': problems.gpuLost,
  };
  return known[tag] ?? problems.other;
}

export function explain(error: unknown): Omit<Notice, 'id'> {
  const [tag, message] = [fieldOf(error, 'tag'), fieldOf(error, 'message') || String(error)];
  return { kind: 'problem', text: promptFor(tag, message), detail: message };
}

// Messages to the user: things done, and errors in plain words with the program's own message as a detail.
import { signal } from '@preact/signals';
import { STRINGS } from '../strings.ts';
import { errorField } from '../worker/errors.ts';

export interface Notice {
  readonly id: number;
  readonly kind: 'problem' | 'done';
  readonly text: string;
  /** The program's message. */
  readonly detail?: string;
  /** What can still be done about it. */
  readonly action?: { readonly label: string; readonly act: () => void };
}

export const notices = signal<readonly Notice[]>([]);
let lastId = 0;

export function notify(notice: Omit<Notice, 'id'>): void {
  lastId += 1;
  const id = lastId;
  // At most one of each kind: a new one replaces the last.
  notices.value = [...notices.value.filter(({ kind }) => kind !== notice.kind), { ...notice, id }];
  if (notice.kind === 'done') setTimeout(() => dismiss(id), notice.action ? 20_000 : 6000);
}

export const dismiss = (id: number): void => {
  notices.value = notices.value.filter((notice) => notice.id !== id);
};

/** The graphics device is gone; an engine on another device can continue. */
export const isGpuLoss = (error: unknown): boolean => errorField(error, 'tag').startsWith('backends/gpu-');

/** The engine was replaced, so the work must be started again on the new one. */
export const isEngineReplaced = (error: unknown): boolean => errorField(error, 'tag') === 'playground/worker-ended';

export const isAbort = (error: unknown): boolean => errorField(error, 'name') === 'AbortError';

const { problems } = STRINGS;

const TEXTS: Readonly<Record<string, string>> = {
  'playground/file-too-large': problems.fileTooLarge,
  'playground/worker-ended': problems.engineReplaced,
  'playground/worker-failed': problems.workerFailed,
  'weights/network': problems.noConnection,
  'weights/http': problems.serverRefused,
  'weights/format': problems.notAModel,
  'weights/keys': problems.otherModel,
  'weights/forbidden-pickle': problems.forbiddenPickle,
  'medclipseg/tokenizer': problems.tokenizer,
  'clip-encoders/tokenizer-file': problems.tokenizer,
  'clip-encoders/vocabulary': problems.tokenizer,
  'backends/out-of-memory': problems.outOfMemory,
  'backends/gpu-lost': problems.gpuLost,
  'backends/gpu-error': problems.gpuLost,
};

/** Errors whose own messages name the file, what is wrong with it, and what to do. */
const SELF_EXPLANATORY = [
  'datasets/',
  'weights/hub',
  'medclipseg/checkpoint',
  'playground/mask-size',
  'playground/series',
];

/** The parts of a message of the form "subject: expected X, got Y. Do Z." */
const MESSAGE = /^(.+?): expected (.+), got (.+?)\. (.+)$/s;

export function explain(error: unknown): Omit<Notice, 'id'> {
  const [tag, message] = [errorField(error, 'tag'), errorField(error, 'message') || String(error)];
  const [, subject, expected, actual, remedy] = MESSAGE.exec(message) ?? [];
  if (subject && expected && actual && remedy && SELF_EXPLANATORY.some((start) => tag.startsWith(start)))
    return { kind: 'problem', text: problems.cannotOpen(subject, expected, actual, remedy) };
  return { kind: 'problem', text: TEXTS[tag] ?? problems.other, detail: message };
}

export const notifyError = (error: unknown): void => notify(explain(error));

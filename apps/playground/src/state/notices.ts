// Messages to the user: things done, and errors in plain words with the program's own message as a detail.
import { signal } from '@preact/signals';
import { STRINGS } from '../strings.ts';
import { errorField } from '../worker/errors.ts';

export type Topic = 'file' | 'run' | 'model' | 'save';

export interface Notice {
  readonly id: number;
  readonly kind: 'problem' | 'done';
  readonly text: string;
  /** What it is about. It disappears when that is tried again. */
  readonly topic?: Topic;
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

/** Dismisses what was said about something that is now tried again, or has been done. */
export const resolve = (topic: Topic): void => {
  if (notices.value.some((notice) => notice.topic === topic))
    notices.value = notices.value.filter((notice) => notice.topic !== topic);
};

/** The graphics device is gone; an engine on another device can continue. */
export const isGpuLoss = (error: unknown): boolean => errorField(error, 'tag').startsWith('backends/gpu-');

/** The engine was replaced, so the work must be started again on the new one. */
export const isEngineReplaced = (error: unknown): boolean => errorField(error, 'tag') === 'playground/worker-ended';

export const isAbort = (error: unknown): boolean => errorField(error, 'name') === 'AbortError';

const { problems } = STRINGS;

/** The parts of an error that its text may name. */
interface Parts {
  readonly name: string;
  readonly expected: string;
  readonly actual: string;
}

const TEXTS: Readonly<Record<string, string | ((parts: Parts) => string)>> = {
  'clip-encoders/prompt-too-long': problems.promptTooLong,
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

/** @param name of what was opened, if the error does not name a file itself */
export function explain(error: unknown, name?: string): Omit<Notice, 'id'> {
  const [tag, message] = [errorField(error, 'tag'), errorField(error, 'message') || String(error)];
  const [, subject, expected = '', actual = '', remedy] = MESSAGE.exec(message) ?? [];
  if (subject && expected && actual && remedy && SELF_EXPLANATORY.some((start) => tag.startsWith(start)))
    return { kind: 'problem', text: problems.cannotOpen(subject, expected, actual, remedy) };
  const text = TEXTS[tag] ?? problems.other;
  const parts = { name: name ?? subject ?? problems.thisFile, expected, actual };
  return { kind: 'problem', text: typeof text === 'string' ? text : text(parts), detail: message };
}

export const notifyError = (error: unknown, topic?: Topic, name?: string): void =>
  notify({ ...explain(error, name), topic });

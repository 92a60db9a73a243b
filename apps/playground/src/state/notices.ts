// What the page has to say: errors in words that a person understands, and things done.
import { signal } from '@preact/signals';

export interface Notice {
  readonly id: number;
  readonly kind: 'problem' | 'done';
  readonly text: string;
  /** What the program says, for those who want to know. */
  readonly detail?: string;
}

export const notices = signal<readonly Notice[]>([]);
let lastId = 0;

export function say(notice: Omit<Notice, 'id'>): void {
  lastId += 1;
  const id = lastId;
  // One of each kind: newer ones make older ones pointless.
  notices.value = [...notices.value.filter(({ kind }) => kind !== notice.kind), { ...notice, id }];
  if (notice.kind === 'done') setTimeout(() => dismiss(id), 6000);
}

export const dismiss = (id: number): void => {
  notices.value = notices.value.filter((notice) => notice.id !== id);
};

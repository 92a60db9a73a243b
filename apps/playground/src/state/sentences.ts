// The sentences: one, or two to compare.
import { signal } from '@preact/signals';
import type { Side } from '../worker/protocol.ts';

export const sentences = signal<Readonly<Record<Side, string>>>({ a: '', b: '' });
export const comparing = signal(false);
/** The sentence that suggestions and the grid change. */
export const edited = signal<Side>('a');

export const setSentence = (side: Side, sentence: string): void => {
  sentences.value = { ...sentences.value, [side]: sentence };
};

export function compare(on: boolean): void {
  comparing.value = on;
  edited.value = on ? 'b' : 'a';
  if (on && !sentences.value.b) setSentence('b', sentences.value.a);
}

/** Sides that a run segments. */
export const sidesToRun = (): readonly Side[] => (comparing.value ? ['a', 'b'] : ['a']);

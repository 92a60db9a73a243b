// The prompts: one, or two to compare.
import { signal } from '@preact/signals';
import type { Side } from '../worker/protocol.ts';

export const prompts = signal<Readonly<Record<Side, string>>>({ a: '', b: '' });
export const comparing = signal(false);
/** The prompt that suggestions and the grid change. */
export const edited = signal<Side>('a');

export const setPrompt = (side: Side, prompt: string): void => {
  prompts.value = { ...prompts.value, [side]: prompt };
};

export function compare(on: boolean): void {
  comparing.value = on;
  edited.value = on ? 'b' : 'a';
  if (on && !prompts.value.b) setPrompt('b', prompts.value.a);
}

/** Sides that a run segments. */
export const sidesToRun = (): readonly Side[] => (comparing.value ? ['a', 'b'] : ['a']);

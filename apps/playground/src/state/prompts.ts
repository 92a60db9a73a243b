// The prompt, or two prompts to compare.
import { signal } from '@preact/signals';
import type { Side } from '../worker/protocol.ts';

export const prompts = signal<Readonly<Record<Side, string>>>({ a: '', b: '' });
export const comparing = signal(false);
/** The prompt that suggestions and the place grid edit. */
export const edited = signal<Side>('a');
/** Whether the place grid is shown over the image. */
export const gridShown = signal(false);

export const setPrompt = (side: Side, prompt: string): void => {
  prompts.value = { ...prompts.value, [side]: prompt };
};

export function compare(on: boolean): void {
  comparing.value = on;
  edited.value = on ? 'b' : 'a';
  if (on && !prompts.value.b) setPrompt('b', prompts.value.a);
}

/** The prompts in use. */
export const activeSides = (): readonly Side[] => (comparing.value ? ['a', 'b'] : ['a']);

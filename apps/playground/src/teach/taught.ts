// What the open model has learned in the page.
import { computed, signal } from '@preact/signals';
import { generation } from '../state/engine.ts';
import { facts } from '../state/model.ts';
import type { Taught } from '../worker/teach-protocol.ts';

const UNTAUGHT: Taught = { undos: 0, changed: false };
const known = signal<{ readonly taught: Taught; readonly model?: object; readonly engine?: number }>({
  taught: UNTAUGHT,
});

/** What can be taken back; nothing in a model that was opened since, or in another engine. */
export const taught = computed(() => {
  const { model, engine, taught: value } = known.value;
  return model === facts.value && engine === generation.value ? value : UNTAUGHT;
});

export const setTaught = (value: Taught): void => {
  known.value = { taught: value, model: facts.value, engine: generation.value };
};

// Warns of prompts without a word that the model in use was trained with.
import { effect, signal } from '@preact/signals';
import { engine } from './engine.ts';
import { latest } from './latest.ts';
import { inUse } from './model.ts';
import { isEngineReplaced, notifyError } from './notices.ts';
import { activeSides, prompts } from './prompts.ts';

/** The words that the model knows, if a prompt has none of them. */
export const unknownWords = signal<readonly string[] | undefined>(undefined);

const check = latest(async (written: readonly string[]) => {
  const on = await engine();
  let found: readonly string[] | undefined;
  for (const prompt of written) found ??= await on.unknownPrompt(prompt);
  unknownWords.value = found;
});

/** Called once, when the page starts. */
export function followPrompt(): void {
  effect(() => {
    const written = activeSides()
      .map((side) => prompts.value[side].trim())
      .filter(Boolean);
    if (!inUse.value) return;
    // The engine may be replaced meanwhile; the next model asks again.
    void check(written).catch((error) => isEngineReplaced(error) || notifyError(error));
  });
}

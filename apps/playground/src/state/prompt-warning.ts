// Warns of prompts that the model in use was not trained for: without a word that it knows, or in another script.
import { effect, signal } from '@preact/signals';
import { STRINGS } from '../strings.ts';
import { engine } from './engine.ts';
import { latest } from './latest.ts';
import { inUse } from './model.ts';
import { isEngineReplaced, notifyError } from './notices.ts';
import { activeSides, prompts } from './prompts.ts';

/** A warning about the prompts in use. */
export const promptWarning = signal<string | undefined>(undefined);

/** Letters of other scripts than Latin. Models whose file does not list their words are only known to be trained on English. */
const OTHER_SCRIPT = /(?!\p{Script=Latin})\p{Letter}/u;

const check = latest(async (written: readonly string[]) => {
  const on = await engine();
  let known: readonly string[] | undefined;
  for (const prompt of written) known ??= await on.unknownPrompt(prompt);
  if (known) promptWarning.value = STRINGS.prompt.unknown(known);
  else
    promptWarning.value = written.some((prompt) => OTHER_SCRIPT.test(prompt)) ? STRINGS.prompt.notEnglish : undefined;
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

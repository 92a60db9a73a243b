// Random actions in any order: nothing fails, nothing hangs, and the status always says something.
import type { Browser } from 'playwright';
import { expect, it } from 'vitest';
import { STRINGS } from '../src/strings.ts';
import { TEACH } from '../src/teach/strings.ts';
import { inBrowser, serveBefore } from './browser.ts';
import { Playground } from './playground.ts';
import type { StaticServer } from './server.ts';

const SEQUENCES = 200;
const ACTIONS = 7;

/** Buttons that need a person or a connection, or that take minutes. */
const EXCLUDED = [
  STRINGS.start.choose,
  STRINGS.image.open,
  STRINGS.truth.choose,
  STRINGS.models.file,
  STRINGS.models.hubSearch,
  STRINGS.save.link,
  STRINGS.save.diagnostics,
  STRINGS.save.mask,
  STRINGS.save.probability,
  STRINGS.save.uncertainty,
  STRINGS.save['uncertainty-color'],
  STRINGS.save.overlay,
  STRINGS.save.report,
  STRINGS.save.all,
  TEACH.add,
  TEACH.intro.choose,
  TEACH.tools.importMask,
  TEACH.training.train,
  TEACH.training.again,
  TEACH.training.save,
];

interface Plan {
  readonly seed: number;
  readonly actions: number;
  readonly excluded: readonly string[];
}

/** Runs in the page: some actions, then waits until nothing is in progress. Returns what was done and the status. */
async function act({ seed, actions, excluded }: Plan) {
  let state = seed;
  // A linear congruential generator: the same seed gives the same actions.
  const random = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const shown = (element: HTMLElement) => element.offsetParent !== null;
  const top = () => document.querySelector<HTMLElement>('dialog[open]') ?? document.body;
  const nameOf = (element: HTMLElement) => (element.ariaLabel ?? element.textContent ?? '').trim();
  const fill = (input: HTMLTextAreaElement, value: string) => {
    input.value = value;
    input.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const until = async (condition: () => unknown) => {
    const deadline = performance.now() + 300_000;
    while (!condition() && performance.now() < deadline) await pause(20);
  };
  const isIdle = () => document.querySelector('.status progress:not(.hidden), [aria-busy=true]') === null;

  // Begins with an image, from which most actions are possible.
  document.querySelector<HTMLElement>('header input[type=radio]')?.click();
  await until(isIdle);
  document.querySelector<HTMLElement>('.samples button')?.click();
  await until(() => document.querySelector('.prompt-bar'));

  const done: string[] = [];
  for (let i = 0; i < actions; i++) {
    const prompt = top().querySelector<HTMLTextAreaElement>('.prompt textarea');
    const kind = random(10);
    if (kind < 2 && prompt) {
      const words = ['', 'one tumor', 'one small polyp, located in top left of the image'][random(3)] as string;
      done.push(`write '${words}'`);
      fill(prompt, words);
    } else if (kind < 4 && prompt) {
      done.push('enter');
      prompt.form?.requestSubmit();
    } else {
      const buttons = [
        ...top().querySelectorAll<HTMLElement>('button:enabled, input[type=radio], input[type=checkbox]'),
      ];
      const possible = buttons.filter(
        (one) => (shown(one) || one.parentElement?.offsetParent) && !excluded.includes(nameOf(one)),
      );
      const one = possible[random(possible.length)];
      done.push(one ? `click '${nameOf(one) || nameOf(one.parentElement as HTMLElement)}'` : 'nothing');
      one?.click();
    }
    await pause(random(16));
  }
  // One dialog at a time may be open.
  document.querySelector<HTMLDialogElement>('dialog[open]')?.close();
  await until(isIdle);
  const status = document.querySelector('.prompt-bar .status p');
  return { done, idle: isIdle(), status: status?.textContent ?? undefined };
}

inBrowser('random actions', () => {
  let server: StaticServer;
  let browser: Browser;
  serveBefore((served) => {
    ({ server, browser } = served);
  });

  it('end in a page that works and says what it waits for', async () => {
    const at = await Playground.open(browser, server.url, { settings: { device: 'wasm', samples: 1 } });
    await at.button(STRINGS.start.modalities.mri).click();
    await at.write('one tumor');
    await at.run();
    await at.done(1);
    for (let seed = 1; seed <= SEQUENCES; seed++) {
      const { done, idle, status } = await at.page.evaluate(act, { seed, actions: ACTIONS, excluded: EXCLUDED });
      const after = `seed ${seed}: ${done.join(', ')}`;
      expect(idle, after).toBe(true);
      expect(status, after).not.toBe('');
      expect(at.errors, after).toEqual([]);
    }
    await at.close();
  });
});

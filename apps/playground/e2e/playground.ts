// The page from a user's point of view.
import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright';

/** Long, because software WebGPU compiles shaders slowly, and machines may be busy. */
const TIMEOUT = 300_000;

export interface OpenOptions extends BrowserContextOptions {
  /** Settings as in a link. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

export class Playground {
  /** Errors that the page did not handle. */
  readonly errors: string[] = [];

  private constructor(readonly page: Page) {
    page.setDefaultTimeout(TIMEOUT);
    page.on('pageerror', ({ message }) => this.errors.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
  }

  static async open(
    browser: Browser,
    url: string,
    { settings = {}, ...options }: OpenOptions = {},
  ): Promise<Playground> {
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'], ...options });
    const playground = new Playground(await context.newPage());
    const written = new URLSearchParams(Object.entries(settings).map(([name, value]) => [name, `${value}`]));
    await playground.page.goto(`${url}#${written}`);
    return playground;
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  get status(): Locator {
    return this.page.locator('.status p');
  }

  get notice(): Locator {
    return this.page.locator('.notice').last();
  }

  /** Chooses a file with a button that opens the file chooser. */
  async choose(button: string, name: string, bytes: Uint8Array, index = 0): Promise<void> {
    await this.chooseAll(button, { [name]: bytes }, index);
  }

  async chooseAll(button: string, files: Readonly<Record<string, Uint8Array>>, index = 0): Promise<void> {
    const chooser = this.page.waitForEvent('filechooser');
    await this.button(button).nth(index).click();
    const mimeType = 'application/octet-stream';
    await (await chooser).setFiles(
      Object.entries(files).map(([name, bytes]) => ({ name, mimeType, buffer: Buffer.from(bytes) })),
    );
  }

  async write(prompt: string, label = 'Prompt'): Promise<void> {
    await this.page.getByLabel(label, { exact: true }).fill(prompt);
  }

  /** Presses Enter in the prompt. */
  async run(): Promise<void> {
    await this.page.locator('.prompt textarea').first().press('Enter');
  }

  /** Waits until a run has ended with this many samples. */
  async done(samples: number): Promise<void> {
    await this.status.filter({ hasText: new RegExp(`^${samples} samples? ·`) }).waitFor();
  }

  /**
   * Clicks a button as soon as the page shows a text, within the page: what is shown for a moment only may be gone before a busy machine has
   * looked for it from outside.
   */
  async clickWhen(pattern: RegExp, button: string): Promise<void> {
    await this.page.evaluate(
      ([source, name]) =>
        new Promise<void>((clicked) => {
          const look = () => {
            const named = [...document.querySelectorAll('button')].find((one) => one.textContent?.trim() === name);
            const leaves = [...document.querySelectorAll('body *')].filter((one) => one.childElementCount === 0);
            const isShown = leaves.some((one) => new RegExp(source).test(one.textContent ?? ''));
            if (!named || named.disabled || !isShown) return;
            observer.disconnect();
            named.click();
            clicked();
          };
          const observer = new MutationObserver(look);
          observer.observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true });
          look();
        }),
      [pattern.source, button] as const,
    );
  }

  /** Waits until everything is stored, so that the page no longer asks before it is left. */
  async stored(): Promise<void> {
    await this.page.waitForFunction(() => dispatchEvent(new Event('beforeunload', { cancelable: true })));
  }

  /** The file that a button saves. */
  async saved(button: string): Promise<{ readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }> {
    const download = this.page.waitForEvent('download');
    await this.button(button).click();
    const file = await download;
    return { name: file.suggestedFilename(), bytes: Uint8Array.from(await readFile(await file.path())) };
  }

  async diagnostics(): Promise<{ readonly memory: Readonly<Record<'tensors' | 'bytes' | 'images', number>> }> {
    await this.button('Copy diagnostics').click();
    await this.page.getByText('Diagnostics copied.').waitFor();
    const text = await this.page.evaluate(() => navigator.clipboard.readText());
    await this.button('Close').last().click();
    return JSON.parse(text);
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}

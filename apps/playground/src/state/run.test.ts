// Runs, with workers whose answers come late and in any order that their queues allow.
import fc from 'fast-check';
import { beforeEach, expect, it, vi } from 'vitest';
import { STRINGS } from '../strings.ts';

/** Lets everything that waits for nothing happen. */
const settle = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

/** A worker that serves its messages one after another, each when the test lets it. */
class Queue {
  readonly #waiting: (() => void)[] = [];
  turn = (): Promise<void> => new Promise((served) => this.#waiting.push(served));
  /** Serves the next message. Returns whether there was one. */
  serve(): boolean {
    const next = this.#waiting.shift();
    next?.();
    return next !== undefined;
  }
}

const engines: { readonly queue: Queue; readonly close: () => void }[] = [];
const imageQueue = new Queue();
/** What was computed, by image. */
const computed = new Map<number, string>();
let lastImage = 0;

const abort = () => Object.assign(new Error('aborted'), { name: 'AbortError' });

/** Works like the engine: one piece of work at a time, which the next one and `stop` abort. */
function fakeEngine() {
  const queue = new Queue();
  let isClosed = false;
  let model: string | undefined;
  let work: { isAborted: boolean } = { isAborted: false };
  const begin = () => {
    work.isAborted = true;
    work = { isAborted: false };
    return work;
  };
  const never = new Promise<never>(() => {});
  const rejects: ((error: unknown) => void)[] = [];
  const ended = Object.assign(new Error('ended'), { tag: 'playground/worker-ended' });
  /** As the real connection: a call is rejected when the worker is closed. */
  const call = <Result>(answer: () => Promise<Result>) =>
    isClosed
      ? Promise.reject(ended)
      : new Promise<Result>((resolve, reject) => {
          rejects.push(reject);
          void answer().then(resolve, reject);
        });
  const api = {
    start: () =>
      call(async () => {
        await queue.turn();
        return { backend: 'wasm', reason: 'asked' };
      }),
    openModel: (source: { readonly name: string }) =>
      call(async () => {
        await queue.turn();
        const mine = begin();
        await queue.turn();
        if (mine.isAborted) throw abort();
        model = source.name ?? 'mini';
        return { sha256: `hash of ${model}`, imageSize: 1 };
      }),
    segment: (
      image: number,
      prompt: string,
      { samples }: { readonly samples: number },
      onSample: (...of: unknown[]) => void,
    ) =>
      call(async () => {
        await queue.turn();
        const mine = begin();
        for (let sample = 1; sample <= samples; sample++) {
          await queue.turn();
          if (mine.isAborted) return 'stopped';
          if (isClosed) return never;
          computed.set(image, `${model}: ${prompt}`);
          onSample({ samples: sample, probability: [] }, 1);
        }
        return 'done';
      }),
    stop: () =>
      call(async () => {
        await queue.turn();
        work.isAborted = true;
      }),
  };
  const close = () => {
    isClosed = true;
    for (const reject of rejects) reject(ended);
  };
  engines.push({ queue, close });
  return { api, close };
}

const imagesApi = {
  phantom: async () => {
    await imageQueue.turn();
    lastImage += 1;
    return { id: lastImage, name: 'phantom', bitmap: { close() {} }, prompt: 'one tumor' };
  },
  forModel: async (id: number) => {
    await imageQueue.turn();
    return id;
  },
  setResult: async () => {},
  close: async () => {},
};

vi.mock('../worker/connect.ts', () => ({
  connectEngine: () => fakeEngine(),
  connectImages: () => ({ api: imagesApi, close() {} }),
}));

/** Serves a message of one of the workers. Returns whether there was one. */
const serve = (which: number): boolean => {
  const queues = [imageQueue, ...engines.map(({ queue }) => queue)];
  for (let i = 0; i < queues.length; i++) if ((queues[(which + i) % queues.length] as Queue).serve()) return true;
  return false;
};
const drain = async () => {
  do await settle();
  while (serve(0));
};

async function modules() {
  vi.resetModules();
  const [run, image, model, prompts, results, notices, settings, engine] = await Promise.all([
    import('./run.ts'),
    import('./image.ts'),
    import('./model.ts'),
    import('./prompts.ts'),
    import('./results.ts'),
    import('./notices.ts'),
    import('./settings.ts'),
    import('./engine.ts'),
  ]);
  settings.samples.value = 2;
  run.followImage();
  return { ...run, ...image, ...prompts, ...results, ...notices, model, engine };
}

beforeEach(() => {
  engines.length = 0;
  computed.clear();
});

type Page = Awaited<ReturnType<typeof modules>>;

const ignore = () => undefined;

/** What a user may do. */
const ACTIONS = {
  sample: (page: Page) => void page.openPhantom('mri').then(page.run),
  enter: (page: Page) => void page.run(),
  write: (page: Page) => page.setPrompt('a', page.prompts.value.a === 'one tumor' ? 'one large tumor' : 'one tumor'),
  stop: (page: Page) => void page.stop(),
  close: (page: Page) => page.showImage(undefined),
  own: ({ model }: Page) =>
    void model
      .choose({ id: 'own', title: 'own', source: { kind: 'file', name: 'own', file: new Blob() } })
      .catch(ignore),
  mini: ({ model }: Page) => void model.choose(model.MINI).catch(ignore),
  device: (page: Page) => page.busy.value || void page.engine.replaceEngine('wasm').catch(ignore),
} as const;
type Action = keyof typeof ACTIONS;

const step = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...(Object.keys(ACTIONS) as Action[])) },
  { weight: 3, arbitrary: fc.nat(3) },
);

/** Does actions, and serves messages of the workers between them. */
async function play(page: Page, steps: readonly (Action | number)[]): Promise<void> {
  for (const one of steps) {
    if (typeof one === 'number') serve(one);
    else ACTIONS[one](page);
    await settle();
  }
}

/** The result on view is of the inputs on view. */
function expectResult(page: Page): void {
  expect(page.notices.value).toEqual([]);
  expect(page.busy.value).toBe(false);
  const result = page.results.value.a;
  expect(result && page.changesSince(result, 'a', undefined)).toEqual([]);
  expect(result?.estimate.samples).toBe(2);
  const id = page.shownImage.value?.id as number;
  expect(computed.get(id)).toBe(`${result?.model.title}: ${page.prompts.value.a}`);
}

it('whatever was done before, a sample that is clicked has a result in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const page = await modules();
      await play(page, [...steps, 'sample']);
      await drain();
      expectResult(page);
    }),
    { numRuns: 100 },
  );
});

it('and so has a prompt after Enter, if an image is open', async () => {
  const withImage = fc.array(
    step.filter((one) => one !== 'close'),
    { maxLength: 25 },
  );
  await fc.assert(
    fc.asyncProperty(withImage, async (steps) => {
      const page = await modules();
      void page.openPhantom('mri');
      await drain();
      await play(page, [...steps, 'enter']);
      await drain();
      expectResult(page);
    }),
    {
      numRuns: 100,
      examples: [
        // The prompt changes between the moment when the run has taken it and its first sample.
        [['sample', 0, 0, 0, 0, 'write']],
        // Another model is chosen after the last sample, before the run ends.
        [['device', 0, 'enter', 0, 0, 0, 0, 0, 'own']],
      ],
    },
  );
});

it('no result is made of weights that change, and one of a paused training names no file', async () => {
  const page = await modules();
  void page.openPhantom('mri');
  await drain();
  void page.run();
  await drain();
  page.model.training.value = 'running';
  await page.run();
  expect(page.notices.value).toMatchObject([{ topic: 'run', text: STRINGS.problems.inTraining }]);
  expect(page.busy.value).toBe(false);
  page.model.training.value = 'paused';
  void page.run();
  await drain();
  const result = page.results.value.a as NonNullable<typeof page.results.value.a>;
  expect(result.model).toEqual({ title: STRINGS.models.inTraining('mini') });
  page.model.training.value = undefined;
  expect(page.changesSince(result, 'a', undefined)).toEqual(['model']);
});

// The duration of tasks on the page's main thread.
import type { Browser, Page } from 'playwright';

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** CPU time in microseconds. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

const TASK = 'ThreadControllerImpl::RunTask';

/**
 * CPU milliseconds of every task on the page's main thread while `work` runs. CPU time instead of elapsed time, because a task may wait for a core
 * on a busy machine.
 */
export async function tasksDuring(browser: Browser, page: Page, work: () => Promise<void>): Promise<readonly number[]> {
  await browser.startTracing(page, { categories: ['toplevel'] });
  await work();
  const trace: { traceEvents: TraceEvent[] } = JSON.parse((await browser.stopTracing()).toString());
  const isPage = ({ name, args }: TraceEvent) => name === 'thread_name' && args.name === 'CrRendererMain';
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  const threads = new Set(trace.traceEvents.filter(isPage).map(threadOf));
  return trace.traceEvents
    .filter((event) => event.name === TASK && threads.has(threadOf(event)))
    .map(({ tdur = 0 }) => tdur / 1000);
}

// Ctrl-C: the first one stops the command in good order, the second one ends the process at once.
import { Worker } from 'node:worker_threads';

const SHOW_CURSOR = '\x1b[?25h';
const NOTICE = '\nstopping; press Ctrl-C again to stop at once\n';

/**
 * Receives one SIGINT on a thread of its own: a backend may block the main thread for seconds, and Node delivers signals to `process` between
 * its events only. The handle below is the one that `process.on('SIGINT')` uses, which Node offers to main threads alone. Once it is
 * closed, the system ends the process at the next SIGINT, whatever the main thread does.
 */
const RECEIVER = `
process.noDeprecation = true;
const { parentPort, workerData } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const { Signal } = process.binding('signal_wrap');
const signal = new Signal();
signal.onsignal = () => {
  signal.close();
  try { writeSync(2, workerData.notice); } catch {}
  parentPort.postMessage('interrupted');
};
if (signal.start(workerData.number) !== 0) throw new Error('no signal handler');
parentPort.postMessage('ready');
`;
const SIGINT = 2;

/** Calls `stop` at the first Ctrl-C and says so on standard error. */
export function onInterrupt(stop: () => void): void {
  const notice = `${process.stderr.isTTY ? SHOW_CURSOR : ''}${NOTICE}`;
  // Until the thread is ready, and where a Node version has no such handle. Removed by the first Ctrl-C, too.
  const handle = () => {
    process.stderr.write(notice);
    stop();
  };
  process.once('SIGINT', handle);
  const receiver = new Worker(RECEIVER, { eval: true, execArgv: [], workerData: { notice, number: SIGINT } });
  receiver.on('message', (message) => {
    if (message === 'ready') process.off('SIGINT', handle);
    else stop();
  });
  receiver.on('error', () => {});
  receiver.unref();
}

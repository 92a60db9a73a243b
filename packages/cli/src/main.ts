// The `medclipseg` command: its commands, and how the process reacts to signals and ends.
import { Command, CommanderError } from 'commander';
import { type CommandContext, type Register, VERSION } from './command.ts';
import { registerCompare } from './commands/compare/index.ts';
import { registerDataset } from './commands/dataset/index.ts';
import { registerDemo } from './commands/demo/index.ts';
import { registerDoctor } from './commands/doctor/index.ts';
import { registerEvaluate } from './commands/evaluate/index.ts';
import { registerExperiment } from './commands/experiment/index.ts';
import { registerExport } from './commands/export/index.ts';
import { registerPredict } from './commands/predict/index.ts';
import { registerServe } from './commands/serve/index.ts';
import { registerTest } from './commands/test/index.ts';
import { registerTrain } from './commands/train/index.ts';
import { registerWeights } from './commands/weights/index.ts';
import { describe, EXIT, exitCode } from './errors.ts';
import { onInterrupt } from './interrupts.ts';
import { openOutput } from './output.ts';

const COMMANDS: readonly Register[] = [
  registerTrain,
  registerPredict,
  registerTest,
  registerEvaluate,
  registerCompare,
  registerDemo,
  registerExperiment,
  registerServe,
  registerDataset,
  registerWeights,
  registerExport,
  registerDoctor,
];

const control = new AbortController();
const output = openOutput(() => control.abort());

onInterrupt(() => control.abort());

/** Runs the command line and returns the exit code. */
async function run(): Promise<number> {
  let code: number = EXIT.done;
  const context: CommandContext = {
    signal: control.signal,
    endWith: (found) => {
      code = found;
    },
  };
  const program = new Command('medclipseg')
    .description(
      'Segment medical images by a prompt, with a map of the uncertainty. For research, not a medical device.',
    )
    .version(VERSION)
    .exitOverride()
    .showSuggestionAfterError();
  for (const register of COMMANDS) register(program, context);
  try {
    await program.parseAsync();
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    // The reason for a cancellation is reported by the signal handler or by `flushed`.
    if (exitCode(error) !== EXIT.canceled) process.stderr.write(`${describe(error)}\n`);
    return exitCode(error);
  }
}

/** Waits until all output is written, and reports an output that could not be. */
async function flushed(code: number): Promise<number> {
  try {
    await output.flush();
    return output.isClosed() ? EXIT.closed : code;
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`);
    return EXIT.failed;
  }
}

const code = await flushed(await run());
// A WebGPU device would keep the process alive.
process.stderr.write('', () => process.exit(code));

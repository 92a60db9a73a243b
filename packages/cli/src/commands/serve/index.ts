// medclipseg serve: the command line.
import { Option } from 'commander';
import { addBackendFlag, addModelFlags, collect, type Register } from '../../command.ts';

const repeatable = (flags: string, description: string) =>
  new Option(flags, `${description} (repeatable)`).argParser(collect).default([], 'none');

export const registerServe: Register = (program, { signal }) => {
  const command = program
    .command('serve')
    .description('answer requests over HTTP, by default from this machine only')
    .option(
      '--model <name>',
      'mini, a checkpoint or a folder with one, an address, or owner/name on the model hub',
      'mini',
    )
    .option('--host <address>', 'where to listen; other addresses than this machine need a token', '127.0.0.1')
    .option('--port <n>', '0 takes a free one', '8000')
    .option('--token-file <file>', 'require the token in this file; otherwise that of MEDCLIPSEG_TOKEN if set')
    .addOption(
      repeatable('--allow-origin <origin>', 'a web page that may use the server, such as https://viewer.example'),
    )
    .addOption(repeatable('--allow-host <name>', 'another name in the Host header, as of a proxy'))
    .option('--queue <n>', 'requests that may wait; more are refused with 429', '16')
    .option('--max-body <MiB>', 'largest file', '64')
    .option('--max-pixels <n>', 'largest image', '50000000')
    .option('--max-samples <n>', 'most Monte-Carlo samples of a request', '100')
    .option('--timeout <seconds>', 'in which a request must have arrived, and an answer must be read', '60')
    .option('--grace <seconds>', 'how long requests may go on after Ctrl-C or SIGTERM before they are canceled', '10')
    .option('--quiet', 'log no requests')
    .addHelpText('after', '\nPOST /v1/segment, GET /v1/models, /health and /openapi.json; see docs/server.md.');
  addBackendFlag(addModelFlags(command)).action(async (options) => {
    const { serve } = await import('./run.ts');
    await serve(options, signal);
  });
};

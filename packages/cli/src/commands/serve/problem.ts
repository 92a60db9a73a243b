// Errors as problem details (RFC 9457), with the same text as on the command line.
import { isDatasetError } from '@medclipseg/datasets';
import type { FastifyError } from 'fastify';
import { isModelError } from 'medclipseg';
import { CliError, isCliError } from '../../errors.ts';

/** A request that is refused. */
export class RequestError extends CliError {
  override readonly name = 'RequestError';
  constructor(
    readonly status: number,
    subject: string,
    expected: string,
    actual: string,
    remedy: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super('cli/request', `${subject}: expected ${expected}, got ${actual}. ${remedy}`);
  }
}

export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export const problem = (status: number, detail: string): Problem => ({
  type: 'about:blank',
  title: TITLES[status] ?? 'Error',
  status,
  detail,
});

/** Errors of Fastify and its multipart parser, worded as ours. */
const FOREIGN: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  FST_INVALID_MULTIPART_CONTENT_TYPE: [
    415,
    'body: expected multipart/form-data, got another content type. Send a form with an image and a prompt.',
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    415,
    'body: expected multipart/form-data, got another content type. Send a form with an image and a prompt.',
  ],
  FST_FILES_LIMIT: [400, 'image: expected one file, got several. Send one request per image.'],
  FST_FIELDS_LIMIT: [400, 'form: expected each field once, got too many fields. See /openapi.json.'],
  FST_PARTS_LIMIT: [400, 'form: expected each field once, got too many parts. See /openapi.json.'],
  FST_PROTO_VIOLATION: [400, 'form: expected the fields of /openapi.json, got a reserved name. Correct it.'],
};

const hasStatus = (error: unknown): error is FastifyError =>
  error instanceof Error && typeof (error as Partial<FastifyError>).statusCode === 'number';

/** The status, text and headers of an error. What is not foreseen is not described to the client. */
export function problemOf(error: unknown): Problem & { readonly headers?: Readonly<Record<string, string>> } {
  if (error instanceof RequestError) return { ...problem(error.status, error.message), headers: error.headers };
  if (isCliError(error, 'cli/usage') || isModelError(error, 'medclipseg/argument')) return problem(400, error.message);
  // Files that are no images, or not whole. That the thread which decodes them has ended says nothing about the file.
  if (!isDatasetError(error, 'datasets/worker') && isDatasetError(error)) return problem(422, error.message);
  const code = (error as Partial<FastifyError> | undefined)?.code;
  const known = code === undefined ? undefined : FOREIGN[code];
  if (known) return problem(...known);
  if (hasStatus(error) && (error.statusCode as number) < 500)
    return problem(
      error.statusCode as number,
      `request: expected a valid HTTP request, got an error: ${error.message}. Correct the request.`,
    );
  return problem(500, 'server: expected a result, got an unforeseen error. See the log of the server.');
}

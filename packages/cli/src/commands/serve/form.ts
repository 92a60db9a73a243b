// The form of a request: its fields as data, how it is read, and what it asks for.
import type { MultipartValue } from '@fastify/multipart';
import { closestMatch } from '@medclipseg/weights';
import type { FastifyRequest } from 'fastify';
import type { SegmentOptions } from 'medclipseg';
import { z } from 'zod';
import { decimal, wholeNumber, windowSetting } from '../../command.ts';
import { AXES, type AxisName, type OpenRange, sliceRange } from '../../volumes.ts';
import { isOutput, OUTPUTS, type Output } from './output.ts';
import { RequestError } from './problem.ts';

export interface Limits {
  /** Bytes of an uploaded file. */
  readonly bytes: number;
  readonly pixels: number;
  readonly samples: number;
}

/** The fields of the form in addition to `image`, as JSON schemas. */
export const FIELDS = {
  prompt: { type: 'string', minLength: 1, maxLength: 2000, description: 'What to segment, in words.' },
  classes: {
    type: 'object',
    minProperties: 1,
    additionalProperties: { type: 'string' },
    description: 'In place of `prompt`: a JSON object of class names and their prompts, for a label map.',
  },
  threshold: {
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0.5,
    description: 'With `classes`: the probability above which a pixel belongs to a class.',
  },
  samples: { type: 'integer', minimum: 0, description: 'Monte-Carlo samples; 0 runs the mean network. Default: 30.' },
  seed: { type: 'integer', minimum: 0, default: 666, description: 'Seed of the noise.' },
  antithetic: { type: 'boolean', default: false, description: 'Use samples in pairs of opposite noise.' },
  dihedral: {
    type: 'boolean',
    default: false,
    description: 'Samples cycle through the flips and rotations of the image.',
  },
  trimPadding: { type: 'boolean', default: false, description: 'Leave out the padding after the prompt.' },
  stop: {
    type: 'number',
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    description: 'Stop when 99 % of the pixels have a mean with at most this standard error.',
  },
  interpolation: {
    type: 'string',
    enum: ['bilinear', 'nearest'],
    default: 'bilinear',
    description: "How maps get the image's own size.",
  },
  page: {
    type: 'integer',
    minimum: 0,
    description:
      'Page of a TIFF, frame of a DICOM file, slice of a NIfTI volume to be segmented as an image; without it, all slices of a NIfTI volume are.',
  },
  volume: { type: 'integer', minimum: 0, description: 'Volume of a four-dimensional NIfTI file.' },
  slices: {
    type: 'string',
    pattern: '^\\d*:\\d*$',
    description: 'Of a NIfTI volume: first slice, and the one after the last, such as 10:20; by default all.',
  },
  axis: {
    type: 'string',
    enum: AXES,
    description:
      'Of a NIfTI volume: the plane of its slices, or an axis of the file; by default that of the acquisition.',
  },
  window: {
    type: 'string',
    pattern: '^-?\\d+(\\.\\d+)?,\\d+(\\.\\d+)?$',
    description: 'Center and width of the values shown as black to white, such as 40,400.',
  },
  output: {
    type: 'string',
    enum: OUTPUTS,
    description: 'Form of the answer; by default what the Accept header asks for, or json.',
  },
  maps: {
    type: 'string',
    description:
      'Names of the maps to return, separated by commas, or none. Of a prompt: mask, probability, uncertainty (these three by default), uncertainty-color, uncertainty-expected, uncertainty-mutual, overlay. Of classes: labels, probability, uncertainty (by default), overlay.',
  },
} as const;

type FieldName = keyof typeof FIELDS;

/** What a request asks for. */
export interface SegmentRequest {
  readonly image: Uint8Array;
  readonly prompt?: string;
  readonly classes?: Readonly<Record<string, string>>;
  readonly threshold?: number;
  readonly sampling: Omit<SegmentOptions, 'onSample' | 'signal'>;
  readonly reading: {
    readonly page?: number;
    readonly volume?: number;
    readonly window?: ReturnType<typeof windowSetting>;
  };
  /** Of a volume: its slices, and across which axis they are. */
  readonly slices?: OpenRange;
  readonly axis?: AxisName;
  readonly output?: Output;
  /** Names of maps; `undefined` for the default ones. */
  readonly maps?: readonly string[];
}

/** Bytes of a text field. */
const MOST_FIELD_BYTES = 64 * 1024;

const refuse = (subject: string, expected: string, actual: string, remedy: string, status = 400): never => {
  throw new RequestError(status, subject, expected, actual, remedy);
};

function addField(fields: Map<FieldName, string>, { fieldname: name, value, valueTruncated }: MultipartValue): void {
  if (name === 'image') refuse('image', 'a file', 'text', 'Send the bytes of an image file, with a file name.');
  if (!Object.hasOwn(FIELDS, name)) {
    const meant = closestMatch(name, ['image', ...Object.keys(FIELDS)]);
    refuse(
      'form',
      'the fields of /openapi.json',
      `'${name}'`,
      meant === undefined ? 'Leave it out.' : `Did you mean '${meant}'?`,
    );
  }
  if (valueTruncated) refuse(name, `at most ${MOST_FIELD_BYTES} bytes`, 'more', 'Shorten it.');
  if (fields.has(name as FieldName)) refuse(name, 'one value', 'several', 'Send it once.');
  // A part whose type is JSON comes parsed.
  fields.set(name as FieldName, typeof value === 'string' ? value : JSON.stringify(value));
}

/**
 * Reads a form into memory. File names are ignored: nothing on disk is read or written.
 *
 * @throws {RequestError} for forms that are not whole, too large, or have other fields
 */
async function readForm(request: FastifyRequest, { bytes }: Limits) {
  if (!request.isMultipart())
    refuse(
      'Content-Type',
      'multipart/form-data',
      request.headers['content-type'] === undefined ? 'none' : 'another one',
      'Send a form with an image and a prompt.',
      415,
    );
  const fields = new Map<FieldName, string>();
  let image: Uint8Array | undefined;
  let fault: unknown;
  try {
    const limits = { fileSize: bytes, files: 1, fields: 2 * Object.keys(FIELDS).length, fieldSize: MOST_FIELD_BYTES };
    for await (const part of request.parts({ limits })) {
      try {
        if (part.fieldname === 'image' && part.type === 'file') image = await part.toBuffer();
        else if (part.type === 'file') refuse(part.fieldname, 'text', 'a file', 'Send only the image as a file.');
        else addField(fields, part);
      } catch (error) {
        // The rest is read nevertheless: the connection may be used again, and clients read no answer before they have sent everything.
        fault ??= error;
        if (part.type === 'file') part.file.resume();
      }
    }
  } catch (error) {
    fault ??= error;
  }
  if (fault instanceof RequestError) throw fault;
  if (fault !== undefined) {
    const { code, statusCode, message } = fault as { code?: string; statusCode?: number; message?: string };
    if (code === 'FST_REQ_FILE_TOO_LARGE')
      refuse('image', `at most ${bytes} bytes`, 'more', 'Scale it down, or start the server with --max-body.', 413);
    if (code !== undefined && statusCode !== undefined && statusCode < 500) throw fault;
    refuse('body', 'a whole multipart form', `an error: ${message}`, 'Check the boundary and the length.');
  }
  if (image === undefined) return refuse('image', 'an image file', 'none', 'Send it as the field `image`.');
  if (image.length === 0) return refuse('image', 'an image file', 'an empty one', 'Send its bytes.');
  return { image, fields };
}

const isTrue = (name: string, text: string): boolean =>
  text === 'true' || (text !== 'false' && refuse(name, 'true or false', `'${text}'`, 'Correct it.'));

function number(name: string, text: string, isAllowed: (value: number) => boolean, expected: string): number {
  const value = decimal(text);
  return value !== undefined && isAllowed(value) ? value : refuse(name, expected, `'${text}'`, 'Correct it.');
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  return allowed.includes(text as T)
    ? (text as T)
    : refuse(name, allowed.join(', '), `'${text}'`, 'Choose one of them.');
}

const classesSchema = z.record(z.string().min(1), z.string());

function classesIn(text: string): Readonly<Record<string, string>> {
  try {
    const classes = classesSchema.parse(JSON.parse(text));
    if (Object.keys(classes).length > 0) return classes;
  } catch {}
  return refuse(
    'classes',
    'a JSON object of names and prompts',
    'something else',
    'Send for example {"polyp": "one polyp"}.',
  );
}

/** Reads and checks the form of a request. Throws `RequestError` and `UsageError`. */
export async function readSegmentRequest(request: FastifyRequest, limits: Limits): Promise<SegmentRequest> {
  const { image, fields } = await readForm(request, limits);
  const given = <T>(name: FieldName, parse: (text: string) => T): T | undefined => {
    const text = fields.get(name);
    return text === undefined ? undefined : parse(text);
  };
  const prompt = fields.get('prompt');
  const classes = given('classes', classesIn);
  if ((prompt === undefined) === (classes === undefined))
    refuse('form', 'a prompt or classes', prompt === undefined ? 'neither' : 'both', 'Send one of them.');
  if (prompt !== undefined && prompt.length > FIELDS.prompt.maxLength)
    refuse('prompt', `at most ${FIELDS.prompt.maxLength} characters`, `${prompt.length}`, 'Shorten it.');
  const threshold = given('threshold', (text) =>
    number('threshold', text, (value) => value >= 0 && value < 1, 'a probability from 0 to below 1'),
  );
  if (threshold !== undefined && classes === undefined)
    refuse('threshold', 'to be sent with classes', 'a prompt', 'Leave it out: a mask is always above 0.5.');
  const standardError = given('stop', (text) =>
    number('stop', text, (value) => value > 0 && value < 1, 'a standard error between 0 and 1'),
  );
  return {
    image,
    prompt,
    classes,
    threshold,
    sampling: {
      samples:
        given('samples', (text) => wholeNumber('samples', text, 0, limits.samples)) ?? Math.min(30, limits.samples),
      seed: given('seed', (text) => wholeNumber('seed', text)) ?? FIELDS.seed.default,
      antithetic: given('antithetic', (text) => isTrue('antithetic', text)),
      dihedral: given('dihedral', (text) => isTrue('dihedral', text)),
      trimPadding: given('trimPadding', (text) => isTrue('trimPadding', text)),
      interpolation: given('interpolation', (text) => oneOf('interpolation', text, FIELDS.interpolation.enum)),
      ...(standardError !== undefined && { stopWhen: { standardError } }),
    },
    reading: {
      page: given('page', (text) => wholeNumber('page', text)),
      volume: given('volume', (text) => wholeNumber('volume', text)),
      window: given('window', (text) => windowSetting(text, 'window')),
    },
    slices: given('slices', (text) => sliceRange('slices', text)),
    axis: given('axis', (text) => oneOf('axis', text, AXES)),
    output: given('output', (text) => (isOutput(text) ? text : oneOf('output', text, OUTPUTS))),
    maps: given('maps', (text) => (text.trim() === 'none' ? [] : text.split(',').map((name) => name.trim()))),
  };
}

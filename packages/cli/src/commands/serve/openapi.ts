// The OpenAPI document, from the same table of fields that the form is read with.
import { VERSION } from '../../command.ts';
import { FIELDS, type Limits } from './form.ts';
import type { ServedModel } from './outcome.ts';
import { ANSWER_TYPES } from './output.ts';

const object = (properties: object, required = Object.keys(properties)) => ({ type: 'object', required, properties });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: object) => ({ 'application/json': { schema } });
const text = { type: 'string' };
const count = { type: 'integer', minimum: 0 };
const share = { type: 'number', minimum: 0, maximum: 1 };
const orNull = (schema: { readonly type: string }) => ({ ...schema, type: [schema.type, 'null'] });

const NUMBERS = {
  samples: { ...count, description: 'Monte-Carlo samples that were drawn.' },
  foregroundPixels: count,
  foregroundShare: share,
  meanUncertainty: { type: 'number', minimum: 0, description: 'Mean over the image, in nats.' },
  uncertaintyPerForeground: {
    ...orNull({ type: 'number' }),
    description:
      'Uncertainty of the image per expected foreground pixel, in nats; high values deserve a look first. Null for an empty mask.',
  },
  expectedDice: {
    ...orNull({ type: 'number' }),
    description:
      'Soft Dice between probabilities and mask: ranks results, and is too optimistic. Null for an empty mask.',
  },
};

/** Of files that know the distance of their pixels. */
const SIZES = {
  areaMm2: { type: 'number', minimum: 0, description: 'Of an image: area of the foreground.' },
  volumeMl: { type: 'number', minimum: 0, description: 'Of a volume: volume of the foreground.' },
};

const CLASS = {
  label: { type: 'integer', minimum: 1 },
  name: text,
  prompt: text,
  color: { type: 'array', items: { type: 'integer', minimum: 0, maximum: 255 } },
  ...NUMBERS,
};

const RESULT = object(
  {
    notice: text,
    version: text,
    model: text,
    backend: text,
    size: {
      type: 'array',
      items: { type: 'integer', minimum: 1 },
      minItems: 2,
      maxItems: 3,
      description: 'Width and height, or voxels along the axes of a volume.',
    },
    sampling: { type: 'object' },
    interpolation: text,
    threshold: share,
    seconds: { type: 'number', minimum: 0 },
    prompt: text,
    ...NUMBERS,
    ...SIZES,
    classes: {
      type: 'array',
      items: object({ ...CLASS, ...SIZES }, Object.keys(CLASS)),
    },
    spacing: { type: 'array', items: { type: 'number' }, description: 'Of a volume, in mm.' },
    orientation: { ...text, description: 'Of a volume: directions of its axes, such as LAS.' },
    axis: { type: 'integer', description: 'Of a volume: axis of the file across which it was sliced.' },
    slices: { type: 'array', items: count, description: 'Of a volume: first slice, and the one after the last.' },
    warnings: { type: 'array', items: text },
    uncertaintyScale: {
      type: 'array',
      items: { type: 'number' },
      description: 'Values of black and white in maps of the uncertainty.',
    },
    maps: {
      type: 'object',
      additionalProperties: object({ type: text, base64: { type: 'string', contentEncoding: 'base64' } }),
    },
  },
  ['notice', 'version', 'model', 'backend', 'size', 'sampling', 'seconds', 'warnings', 'uncertaintyScale', 'maps'],
);

const PROBLEM = object({ type: text, title: text, status: { type: 'integer' }, detail: text });

const problemAnswer = (description: string, headers?: object) => ({
  description,
  ...(headers && { headers }),
  content: { 'application/problem+json': { schema: ref('Problem') } },
});

const RETRY = { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } } };

/** Answers that every operation but `/health` can give. */
const COMMON = {
  '401': problemAnswer('The token is missing or wrong.'),
  '403': problemAnswer('The page that asks is not allowed.'),
  '421': problemAnswer('The name of the host is not served.'),
  '503': problemAnswer('The server is stopping.', RETRY),
};

const answers = (description: string, content: object) => ({ '200': { description, content }, ...COMMON });

/** The OpenAPI 3.1 document of a server. */
export function openApi({ name }: Pick<ServedModel, 'name'>, { bytes, pixels, samples }: Limits): object {
  const form = object(
    {
      image: {
        type: 'string',
        format: 'binary',
        description: `PNG, JPEG, TIFF, WebP, BMP, DICOM or NIfTI; at most ${bytes} bytes and ${pixels} pixels.`,
      },
      ...FIELDS,
      samples: { ...FIELDS.samples, maximum: samples },
    },
    ['image'],
  );
  const files = Object.fromEntries(
    ANSWER_TYPES.slice(1).map((type) => [type, { schema: { type: 'string', format: 'binary' } }]),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'MedCLIPSeg',
      version: VERSION,
      description: `Segments medical images by a prompt with the model ${name}. For research only, not a medical device.`,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{}, { token: [] }],
    paths: {
      '/v1/segment': {
        post: {
          operationId: 'segment',
          summary: 'Segment an image by a prompt, or into classes by several prompts',
          requestBody: {
            required: true,
            content: {
              'multipart/form-data': {
                schema: {
                  ...form,
                  additionalProperties: false,
                  oneOf: [{ required: ['prompt'] }, { required: ['classes'] }],
                  dependentRequired: { threshold: ['classes'] },
                },
                encoding: { classes: { contentType: 'application/json' } },
              },
            },
          },
          responses: {
            ...answers('The result', { ...json(ref('Result')), ...files }),
            '400': problemAnswer('The form, a field or an option is wrong.'),
            '406': problemAnswer('The Accept header asks for another type.'),
            '408': problemAnswer('The request did not arrive in time.'),
            '413': problemAnswer('The file or the image is too large.'),
            '415': problemAnswer('The body is no multipart form.'),
            '422': problemAnswer('The file is no image that can be read.'),
            '429': problemAnswer('The queue is full.', RETRY),
          },
        },
      },
      '/v1/models': {
        get: {
          operationId: 'models',
          summary: 'The models that are served',
          responses: answers('The models', json(ref('Models'))),
        },
      },
      '/health': {
        get: {
          operationId: 'health',
          summary: 'Whether the server is up and takes requests',
          security: [{}],
          responses: answers('It is up', json(ref('Health'))),
        },
      },
      '/openapi.json': {
        get: {
          operationId: 'openapi',
          summary: 'This document',
          responses: answers('OpenAPI 3.1', json({ type: 'object' })),
        },
      },
    },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Result: RESULT,
        Problem: PROBLEM,
        Health: object({ status: text, ready: { type: 'boolean' }, queue: count, places: count }),
        Models: object({
          models: {
            type: 'array',
            items: object({
              name: text,
              format: text,
              backend: text,
              imageSize: count,
              knownWords: { type: ['array', 'null'], items: text },
            }),
          },
        }),
      },
    },
  };
}

// Answers: the maps as files, in one of several containers.
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { encodePng } from '@medclipseg/datasets/node';
import { zipSync } from 'fflate';
import Negotiator from 'negotiator';
import type { MapBytes } from './outcome.ts';
import { RequestError } from './problem.ts';

/** `json` has maps in base64; `zip` and `multipart` have files and the report; `map` is one map alone. */
export const OUTPUTS = ['json', 'zip', 'multipart', 'map'] as const;
export type Output = (typeof OUTPUTS)[number];

export const isOutput = (text: string): text is Output => OUTPUTS.includes(text as Output);

/** What an Accept header can ask for, best first. */
const MEDIA_TYPES: Readonly<Record<string, Output>> = {
  'application/json': 'json',
  'application/zip': 'zip',
  'multipart/form-data': 'multipart',
  'image/png': 'map',
  'application/gzip': 'map',
};

export const ANSWER_TYPES = Object.keys(MEDIA_TYPES);

/** The form of an answer: the one that is asked for by name, or by the Accept header. Throws `RequestError`. */
export function chooseOutput(asked: Output | undefined, headers: { readonly accept?: string }): Output {
  if (asked !== undefined) return asked;
  const [best] = new Negotiator({ headers: { ...headers } }).mediaTypes(ANSWER_TYPES);
  const chosen = best === undefined ? undefined : MEDIA_TYPES[best];
  if (chosen !== undefined) return chosen;
  throw new RequestError(406, 'Accept', ANSWER_TYPES.join(', '), 'another type', 'Ask for one of them.');
}

interface MapFile {
  readonly name: string;
  readonly file: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

async function encode(name: string, map: MapBytes): Promise<MapFile> {
  return map.format === 'png'
    ? { name, file: `${name}.png`, type: 'image/png', bytes: await encodePng(map.write()) }
    : { name, file: `${name}.nii.gz`, type: 'application/gzip', bytes: await promisify(gzip)(map.write()) };
}

export interface Answer {
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** Date of files in archives: the same result gives the same bytes. */
const NO_DATE = new Date(1980, 0, 1);

function multipart(report: string, files: readonly MapFile[]): { readonly type: string; readonly body: Uint8Array } {
  const boundary = `medclipseg-${crypto.randomUUID()}`;
  const parts = files.flatMap(({ name, file, type, bytes }) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${file}"\r\nContent-Type: ${type}\r\n\r\n`,
    bytes,
    '\r\n',
  ]);
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="report"\r\nContent-Type: application/json\r\n\r\n${report}\r\n`;
  const body = Buffer.concat([head, ...parts, `--${boundary}--\r\n`].map((part) => Buffer.from(part)));
  return { type: `multipart/form-data; boundary=${boundary}`, body };
}

/**
 * Writes an answer.
 *
 * @param report what the answer says about the result, without the maps
 */
export async function writeAnswer(
  output: Output,
  report: object,
  maps: Readonly<Record<string, MapBytes>>,
): Promise<Answer> {
  const files: MapFile[] = [];
  for (const [name, map] of Object.entries(maps)) files.push(await encode(name, map));
  if (output === 'map') {
    const { file, type, bytes } = files[0] as MapFile;
    return { type, body: bytes, headers: { 'content-disposition': `attachment; filename="${file}"` } };
  }
  if (output === 'json') {
    const encoded = files.map(({ name, type, bytes }) => [
      name,
      { type, base64: Buffer.from(bytes).toString('base64') },
    ]);
    return {
      type: 'application/json; charset=utf-8',
      body: JSON.stringify({ ...report, maps: Object.fromEntries(encoded) }),
      headers: {},
    };
  }
  const text = JSON.stringify({ ...report, files: Object.fromEntries(files.map(({ name, file }) => [name, file])) });
  if (output === 'multipart') return { ...multipart(text, files), headers: {} };
  const entries = [...files.map(({ file, bytes }) => [file, bytes]), ['report.json', Buffer.from(text)]];
  return {
    type: 'application/zip',
    // PNG and gzip files do not shrink further.
    body: zipSync(Object.fromEntries(entries), { level: 0, mtime: NO_DATE }),
    headers: { 'content-disposition': 'attachment; filename="medclipseg.zip"' },
  };
}

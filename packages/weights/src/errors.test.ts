// Errors quote untrusted files, which must not reach the terminal as control characters.
import { expect, it } from 'vitest';
import {
  escapeControlCharacters,
  ForbiddenPickleError,
  FormatError,
  isWeightsError,
  KeyMismatchError,
} from './errors.ts';

const hostile = '\u001b[2J\u009b\u202eevil\n';

it('control characters are escaped', () => {
  expect(escapeControlCharacters(hostile)).toBe('\\u001b[2J\\u009b\\u202eevil\\u000a');
  const errors = [
    new FormatError(hostile, hostile, hostile),
    new ForbiddenPickleError(hostile, hostile),
    new KeyMismatchError([hostile], [hostile], [hostile]),
  ];
  for (const { message } of errors)
    expect(escapeControlCharacters(message.replaceAll('\n', ' '))).toBe(message.replaceAll('\n', ' '));
});

it('errors are recognized by their tag, across copies of the package', () => {
  const error = new FormatError('x', 'a', 'b');
  const copy = Object.assign(new Error('x'), { tag: 'weights/format' });
  for (const each of [error, copy]) {
    expect(isWeightsError(each)).toBe(true);
    expect(isWeightsError(each, 'weights/format')).toBe(true);
    expect(isWeightsError(each, 'weights/keys')).toBe(false);
  }
  for (const other of [
    new Error('x'),
    Object.assign(new Error('x'), { tag: 'nn/shape' }),
    'weights/format',
    null,
    undefined,
  ])
    expect(isWeightsError(other)).toBe(false);
});

it('long texts are truncated, long lists counted', () => {
  expect(new FormatError('x', 'a name', 'y'.repeat(1e6)).message.length).toBeLessThan(500);
  const names = Array.from({ length: 100 }, (_, i) => `tensor ${i} ${'y'.repeat(1e4)}`);
  const { message } = new KeyMismatchError(names, [], []);
  expect(message).toContain('100 missing');
  expect(message).toContain('… and 88 more');
  expect(message.length).toBeLessThan(5000);
});

// Errors repeat what untrusted files say, and must not let them speak to the terminal.
import { expect, it } from 'vitest';
import { ForbiddenPickleError, FormatError, KeyMismatchError, printable } from './errors.ts';

const hostile = '\u001b[2J\u009b\u202eevil\n';

it('control characters are spelt out', () => {
  expect(printable(hostile)).toBe('\\u001b[2J\\u009b\\u202eevil\\u000a');
  const errors = [
    new FormatError(hostile, hostile, hostile),
    new ForbiddenPickleError(hostile, hostile),
    new KeyMismatchError([hostile], [hostile], [hostile]),
  ];
  for (const { message } of errors)
    expect(printable(message.replaceAll('\n', ' '))).toBe(message.replaceAll('\n', ' '));
});

it('long texts are cut, long lists counted', () => {
  expect(new FormatError('x', 'a name', 'y'.repeat(1e6)).message.length).toBeLessThan(500);
  const names = Array.from({ length: 100 }, (_, i) => `tensor ${i} ${'y'.repeat(1e4)}`);
  const { message } = new KeyMismatchError(names, [], []);
  expect(message).toContain('100 missing');
  expect(message).toContain('… and 88 more');
  expect(message.length).toBeLessThan(5000);
});

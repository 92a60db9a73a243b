// Who may ask.
import { describe, expect, it } from 'vitest';
import { checkHost, checkOrigin, checkToken, hostName, isLoopback } from './access.ts';

describe('a host', () => {
  it.each([
    ['localhost', 'localhost'],
    ['LocalHost:8000', 'localhost'],
    ['127.0.0.1:8000', '127.0.0.1'],
    ['[::1]:8000', '::1'],
    ['[::1]', '::1'],
    ['localhost:80:80', undefined],
    ['user@localhost', undefined],
    ['localhost/', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s has the name %s', (host, name) => {
    expect(hostName(host)).toBe(name);
  });

  it('of this machine or by an allowed name is served, no other is', () => {
    const access = { hosts: ['localhost', 'scans.example'], origins: [] };
    for (const host of ['localhost:1', '127.0.0.1', '127.9.9.9:5', '[::1]:8000', 'Scans.Example'])
      expect(() => checkHost(access, { host })).not.toThrow();
    for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', '10.0.0.1', undefined])
      expect(() => checkHost(access, { host })).toThrow(/^Host: expected localhost or scans.example, got /);
    expect(() => checkHost({ origins: [] }, { host: 'any.example' })).not.toThrow();
  });

  it('is this machine by its address', () => {
    expect(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'].map(isLoopback)).toEqual([true, true, true, true]);
    expect(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.nip.io', '1127.0.0.1'].map(isLoopback)).toEqual(
      Array(5).fill(false),
    );
  });
});

it('an origin is refused unless it is this server or allowed', () => {
  const access = { origins: ['https://viewer.example'] };
  const host = 'localhost:8000';
  for (const origin of [undefined, 'http://localhost:8000', 'https://viewer.example'])
    expect(() => checkOrigin(access, { origin, host })).not.toThrow();
  for (const origin of ['null', 'http://viewer.example', 'https://viewer.example.evil', 'https://viewer.example:444'])
    expect(() => checkOrigin(access, { origin, host })).toThrow(/^Origin: expected https:\/\/viewer.example, got /);
});

it('a token is compared whole', () => {
  const access = { token: '0123456789abcdef', origins: [] };
  for (const authorization of ['Bearer 0123456789abcdef', 'bearer  0123456789abcdef'])
    expect(() => checkToken(access, { authorization })).not.toThrow();
  for (const authorization of [
    undefined,
    'Bearer',
    'Bearer 0123456789abcde',
    'Bearer 0123456789abcdefg',
    'Bearer 0123456789ABCDEF',
    'Basic 0123456789abcdef',
    '0123456789abcdef',
  ])
    expect(() => checkToken(access, { authorization })).toThrow(/^Authorization: expected Bearer/);
  expect(() => checkToken({ origins: [] }, {})).not.toThrow();
});

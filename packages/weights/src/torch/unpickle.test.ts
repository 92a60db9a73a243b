// The pickle reader is a closed list.
import { describe, expect, it } from 'vitest';
import { bytesFrom, little, type Part } from '../../testing/pickle.ts';
import { ForbiddenPickleError, FormatError } from '../errors.ts';
import { leavesOf } from './leaves.ts';
import { unpickle } from './unpickle.ts';

const text = (value: string) => bytesFrom('X', little(value.length, 4), value);
const read = (...parts: readonly Part[]) => unpickle(bytesFrom(0x80, 2, ...parts, '.'), 'x').value;

describe('what is refused by name', () => {
  it.each([
    ['posix.system', bytesFrom('cposix\nsystem\n', text('echo'), 0x85, 'R')],
    ['os.system', bytesFrom(text('os'), text('system'), 0x93)],
    ['builtins.eval', bytesFrom('cbuiltins\neval\n')],
    ['torch.load', bytesFrom('ctorch\nload\n')],
    ['torch._utils', bytesFrom('ctorch\n_utils\n')],
    ['__torch__.Module', bytesFrom('c__torch__\nModule\n')],
    ['collections.OrderedDict', bytesFrom('ccollections\nOrderedDict\n)', 0x81)],
    ['torch.FloatStorage', bytesFrom('ctorch\nFloatStorage\n)R')],
    ['opcode 0x82', bytesFrom(0x82, 1)],
    ['opcode 0x69', bytesFrom('ios\nsystem\n')],
    ['opcode 0x92', bytesFrom(0x92)],
  ])('%s', (name, pickle) => {
    expect(() => read(pickle)).toThrow(ForbiddenPickleError);
    expect(() => read(pickle)).toThrow(name);
  });

  it('in TorchScript too: only its own classes become objects', () => {
    const script = (...parts: readonly Part[]) =>
      unpickle(bytesFrom(0x80, 2, ...parts, '.'), 'x', { script: true }).value;
    expect(script('c__torch__.nn\nLinear\n)', 0x81, '}', text('bias'), 'K', 1, 'sb')).toEqual({
      kind: 'object',
      attributes: new Map([['bias', 1]]),
    });
    expect(() => script('c__torch__.nn\nLinear\n)R')).toThrow('a call of __torch__.nn.Linear');
    expect(() => script('cos\nsystem\n)', 0x81)).toThrow('os.system');
  });
});

describe('what is malformed', () => {
  it.each<[string, Uint8Array]>([
    ['a pickle that ends early', bytesFrom('X', little(9, 4), 'short')],
    ['a length beyond the file', bytesFrom(0x8e, little(2 ** 52, 8))],
    ['nothing to take', bytesFrom('0')],
    ['a value below a mark', bytesFrom('K', 1, '(0')],
    ['no mark', bytesFrom('K', 1, 't')],
    ['an unknown memo entry', bytesFrom('h', 3)],
    ['an integer of 72 bits', bytesFrom(0x8a, 9, little(0, 9))],
    ['big-endian NumPy numbers', bytesFrom('cnumpy\ndtype\n', text('f4'), 0x85, 'RK', 3, text('>'), 0x86, 'b')],
  ])('%s', (_, pickle) => {
    expect(() => read(pickle)).toThrow(FormatError);
  });

  it.each<[string, Uint8Array]>([
    ['items of a list', bytesFrom(']K', 1, 'K', 2, 's')],
    ['an append to a dictionary', bytesFrom('}K', 1, 'a')],
    ['keys that are lists', bytesFrom('}]K', 1, 's')],
    ['a call of a number', bytesFrom('K', 1, ')R')],
    ['a long text to encode', bytesFrom('c_codecs\nencode\n', text('x'.repeat(65)), text('latin1'), 0x86, 'R')],
    ['a persistent object that is no storage', bytesFrom(')Q')],
  ])('%s', (_, pickle) => {
    expect(() => read(pickle)).toThrow(ForbiddenPickleError);
  });
});

describe('limits', () => {
  it('on the number of values, which bounds memory', () => {
    expect(() => read('}'.repeat(1_000_001))).toThrow(/at most 1000000 values/);
  });

  it('on the number of memo entries', () => {
    expect(() => read('N', new Uint8Array(1_000_000).fill(0x94))).toThrow(/at most 1000000 values/);
  });

  it('on work through shared arguments', () => {
    const pairs = bytesFrom(
      '](',
      ...Array.from({ length: 2000 }, () => [text('a'), 'K', 1, 0x86] as const).flat(),
      'eq',
      1,
    );
    const again = Array.from({ length: 2000 }, () => bytesFrom('ccollections\nOrderedDict\nh', 1, 0x85, 'R0'));
    expect(() => read(pairs, ...again)).toThrow(/at most 1000000 values/);
  });

  it('on lists that hold themselves, lists that share children, and endless names', () => {
    const walk = (value: unknown) => () => [...leavesOf(value, 'x')];
    expect(walk(read(']q', 0, 'h', 0, 'a'))).toThrow(/nested 64 deep/);
    const doubled = Array.from({ length: 50 }, (_, i) => bytesFrom(']q', i + 1, '(h', i, 'h', i, 'e')).flat();
    expect(walk(read(']q', 0, ...doubled))).toThrow(FormatError);
    expect(walk(read('}', text('x'.repeat(2000)), 'Ns'))).toThrow(/at most 1024 letters/);
  });
});

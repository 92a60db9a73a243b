// The pickle reader accepts a closed list of names and opcodes.
import { describe, expect, it } from 'vitest';
import { bytesFrom, little, type Part, pickledTensors } from '../../testing/pickle.ts';
import { zipBytes } from '../../testing/zip.ts';
import { bytesSource, ForbiddenPickleError, FormatError, openTensors } from '../index.ts';
import { leavesOf } from './contents.ts';
import { unpickle } from './unpickle.ts';

const text = (value: string) => bytesFrom('X', little(value.length, 4), value);
const read = (...parts: readonly Part[]) => unpickle(bytesFrom(0x80, 2, ...parts, '.'), 'x').value;

describe('names outside the list are refused', () => {
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
    ['numpy.load', bytesFrom('cnumpy\nload\n')],
    ['builtins.getattr', bytesFrom('cbuiltins\ngetattr\n')],
    ['argparse.ArgumentParser', bytesFrom('cargparse\nArgumentParser\n)', 0x81)],
    ['a call of argparse.Namespace', bytesFrom('cargparse\nNamespace\n)R')],
    ['an instance of numpy.ndarray', bytesFrom('cnumpy\nndarray\n)', 0x81)],
    ['a call of numpy.ndarray', bytesFrom('cnumpy\nndarray\n)R')],
    ['a call of torch.float32', bytesFrom('ctorch\nfloat32\n)R')],
    ['yacs.config.CfgNode', bytesFrom('cyacs.config\nCfgNode\n)', 0x81)],
  ])('%s', (name, pickle) => {
    expect(() => read(pickle)).toThrow(ForbiddenPickleError);
    expect(() => read(pickle)).toThrow(name);
    expect(() => read(pickle)).toThrow(/^x: .*not executed.*save only the state dict/);
  });

  it('in TorchScript as well, where only its own classes become objects', () => {
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

describe('malformed pickles are refused', () => {
  it.each<[string, Uint8Array]>([
    ['a pickle that ends early', bytesFrom('X', little(9, 4), 'short')],
    ['a length beyond the file', bytesFrom(0x8e, little(2 ** 52, 8))],
    ['nothing to take', bytesFrom('0')],
    ['a value below a mark', bytesFrom('K', 1, '(0')],
    ['no mark', bytesFrom('K', 1, 't')],
    ['an unknown memo entry', bytesFrom('h', 3)],
    ['a defaultdict with items of a list', bytesFrom('ccollections\ndeque\n)RK', 1, 'K', 2, 's')],
    ['items of a list', bytesFrom(']K', 1, 'K', 2, 's')],
    ['an append to a dictionary', bytesFrom('}K', 1, 'a')],
    ['keys that are lists of dictionaries', bytesFrom('}](}eK', 1, 's')],
    ['keys that are long tuples', bytesFrom('}(', 'N'.repeat(9), 'tK', 1, 's')],
    ['a key that is not a number', bytesFrom('}G', 0x7f, 0xf8, 0, 0, 0, 0, 0, 0, 'K', 1, 's')],
    ['a call of a number', bytesFrom('K', 1, ')R')],
    ['an encoding other than latin1', bytesFrom('c_codecs\nencode\n', text('x'), text('rot13'), 0x86, 'R')],
    [
      'a tensor made by a defaultdict',
      bytesFrom('ctorch._tensor\n_rebuild_from_type_v2\nccollections\ndefaultdict\nctorch\nTensor\n)', 0x87, 'R'),
    ],
    ['a persistent object that is not a storage', bytesFrom(')Q')],
  ])('%s', (_, pickle) => {
    expect(() => read(pickle)).toThrow(FormatError);
  });
});

describe('values become plain data', () => {
  const latin1 = (value: string) => bytesFrom('c_codecs\nencode\n', text(value), text('latin1'), 0x86, 'R');
  const scalar = (code: string, order: string, value: string) =>
    bytesFrom(
      'cnumpy.core.multiarray\nscalar\n',
      bytesFrom('cnumpy\ndtype\n', text(code), 0x85, 'R(K', 3, text(order), 'tb'),
      latin1(value),
      0x86,
      'R',
    );

  it.each<[string, Uint8Array, unknown]>([
    [
      'a number of either byte order',
      bytesFrom('(', scalar('i2', '<', '\u0001\u0002'), scalar('i2', '>', '\u0001\u0002'), 't'),
      [513, 258],
    ],
    ['a number beyond 53 bits, exactly', scalar('u8', '<', '\u0001\0\0\0\0\0\0\u0040'), 2n ** 62n + 1n],
    ['a round number beyond 53 bits', scalar('u8', '<', '\0\0\0\0\0\0\0\u0040'), 2 ** 62],
    [
      'integers of any length',
      bytesFrom('(', 0x8a, 0, 0x8a, 1, 0xff, 0x8a, 9, little(2 ** 40, 8), 1, 't'),
      [0, -1, 2n ** 64n + 2n ** 40n],
    ],
    ['sets', bytesFrom(0x8f, '(K', 1, 'K', 2, 0x90), [1, 2]],
  ])('%s', (_, pickle, value) => {
    expect(read(pickle)).toEqual(value);
  });

  it.each<[string, Uint8Array]>([
    ['a scalar of text', scalar('U1', '<', 'a\0\0\0')],
    ['a scalar of a wrong length', scalar('f4', '<', 'a')],
    [
      'an array',
      bytesFrom(
        'cnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\nK',
        0,
        0x85,
        latin1('b'),
        0x87,
        'R',
        latin1('x'.repeat(1000)),
        'b',
      ),
    ],
    ['a namespace without state', bytesFrom('cargparse\nNamespace\n)', 0x81, 'Nb')],
  ])('%s, without attributes', (_, pickle) => {
    expect(read(pickle)).toEqual({ kind: 'object', attributes: new Map() });
  });

  it('bytes are not copied, however often they are repeated', () => {
    const long = bytesFrom(text('x'.repeat(100_000)), 'q', 0, '0');
    const again = bytesFrom('c_codecs\nencode\nh', 0, text('latin1'), 0x86, 'R0');
    const before = process.memoryUsage().arrayBuffers;
    read(long, ...Array.from({ length: 20_000 }, () => again), 'N');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100e6);
  });
});

it.each(['conj', 'neg'])('a lazy operation (%s), which stored values lack, is refused', (flag) => {
  const tensor = { key: '0', elements: 2, shape: [2], strides: [1] };
  const pickle = (...flags: readonly string[]) => unpickle(pickledTensors({ x: { ...tensor, flags } }), 'x');
  expect(() => pickle(flag)).toThrow(/lazily conjugated or negated tensor; apply resolve_conj/);
  expect(() => pickle('requires')).not.toThrow();
});

it('two different tensors of one name are refused', async () => {
  const tensor = { key: '0', elements: 2, shape: [1], strides: [1] };
  const open = (offset: number) => {
    const pickle = pickledTensors({ 'a.b': tensor });
    // {'a.b': tensor, 'a': {'b': another}}
    const nested = pickledTensors({ b: { ...tensor, offset } }).subarray(2, -1);
    const both = bytesFrom(pickle.subarray(0, -2), text('a'), nested, 'u.');
    const archive = [
      { name: 'a/data.pkl', bytes: both },
      { name: 'a/data/0', bytes: new Uint8Array(8) },
    ];
    return openTensors(bytesSource(zipBytes(archive)));
  };
  expect([...(await open(0)).tensors.keys()]).toEqual(['a.b']);
  await expect(open(1)).rejects.toThrow(/every tensor name once, got 'a.b' twice/);
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

  it('on lists that contain themselves, lists that share elements, and long names', () => {
    const walk = (value: unknown) => () => [...leavesOf(value, 'x')];
    expect(walk(read(']q', 0, 'h', 0, 'a'))).toThrow(/nested 64 deep/);
    const doubled = Array.from({ length: 50 }, (_, i) => bytesFrom(']q', i + 1, '(h', i, 'h', i, 'e')).flat();
    expect(walk(read(']q', 0, ...doubled))).toThrow(FormatError);
    expect(walk(read('}', text('x'.repeat(2000)), 'Ns'))).toThrow(/at most 1024 letters/);
  });
});

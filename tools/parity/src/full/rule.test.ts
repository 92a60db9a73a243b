// The rule gives the test vectors of its description.
import { describe, expect, it } from 'vitest';
import { fnv1a, keyOfTensor, mix, noiseOf, uniform, weightsOf } from './rule.ts';

describe('the rule of the full-size golden values', () => {
  it('hashes names', () => {
    expect(['', 'mask_head.0.weight', 'noise.0.0'].map(fnv1a)).toEqual([0x811c9dc5, 0xbd882574, 0x874ca1c1]);
  });

  it('mixes integers', () => {
    expect([0, 1, 2, 0x9e3779b9].map(mix)).toEqual([0x00000000, 0x514e28b7, 0x30f4c306, 0x92ca2f0e]);
  });

  it('gives uniform numbers', () => {
    expect(Array.from({ length: 12 }, (_, i) => uniform('mask_head.0.weight', i))).toEqual([
      0.9371622956823558, 0.4479429323691875, 0.7260037432424724, 0.656961292726919, 0.4193128866609186,
      0.1546532791107893, 0.228139434941113, 0.6541767169255763, 0.4544075059238821, 0.066548464121297,
      0.47364674252457917, 0.5947307338938117,
    ]);
  });

  it.each([
    [
      'mask_head.0.weight',
      [512, 512],
      [
        0.13385306, -0.015939157, 0.069199234, 0.048059385, -0.024705281, -0.105740406, -0.08323996, 0.047206786,
        -0.013959793, -0.13271688, -0.008069004, 0.029005244,
      ],
    ],
    [
      'upscale.0.conv2.weight',
      [512, 1, 3, 3],
      [
        0.63455945, -0.7922909, 0.04257184, -0.682478, -0.24405503, -1.1310316, 0.9563412, -0.19629253, 0.48446363,
        0.8609409, -0.9004805, 0.30598247,
      ],
    ],
    [
      'vision_model.conv1.weight',
      [768, 3, 16, 16],
      [
        -0.0005245832, 0.0007126527, 0.0024081706, -0.00605305, 0.004284828, -0.003134033, -0.0027115662, 0.00053418864,
        0.006060396, 0.0006761845, 0.0052186484, -0.0007835886,
      ],
    ],
    [
      'text_model.ln_final.weight',
      [512],
      [
        1.0670828, 1.0330602, 0.961121, 1.022148, 1.0740538, 0.9298661, 1.0661896, 0.9401282, 1.0688177, 0.9393277,
        0.9264902, 0.94544697,
      ],
    ],
    [
      'text_model.ln_final.bias',
      [512],
      [
        -0.014308232, 0.0033462916, -0.0027430146, 0.013193693, -0.0013572534, 0.003050174, -0.010428654, 0.012853714,
        -0.019906772, 0.001973701, 0.015811604, 0.010716975,
      ],
    ],
    [
      'clip_model.token_embedding.weight',
      [49408, 512],
      [
        -0.004649446, -0.01306796, 0.018171687, 0.0305837, 0.042116407, 0.038375348, 0.045754455, -0.009631516,
        0.030487483, 0.04871418, -0.022044143, 0.011010164,
      ],
    ],
    ['pvl_adapters.0.two_way.cross_attn_img_to_txt.gate', [], [0.13988568]],
    ['pvl_adapters.9.two_way.cross_attn_txt_to_img.gate', [], [0.19956265]],
    ['logit_scale', [], [2.65926]],
  ])('gives %s %j', (name, shape, expected) => {
    expect([...weightsOf(name, shape).subarray(0, expected.length)]).toEqual(expected.map(Math.fround));
  });

  it('reaches the end of a tensor', () => {
    expect([...weightsOf('mask_head.0.weight', [512, 512]).subarray(-2)]).toEqual(
      [-0.14990352, -0.08877976].map(Math.fround),
    );
  });

  it.each([
    ['clip_model.visual.proj', 'vision_model.proj'],
    ['clip_model.ln_final.bias', 'text_model.ln_final.bias'],
    ['text_model.ln_final.bias', 'text_model.ln_final.bias'],
  ])('%s has the numbers of %s', (name, key) => {
    expect(keyOfTensor(name)).toBe(key);
    expect(weightsOf(name, [6])).toEqual(weightsOf(key, [6]));
  });

  it.each([
    [
      '0',
      0,
      [
        -1.4275031, -1.3402714, 1.1594851, -1.3009453, -0.6542417, -0.8499227, 2.303804, 1.3498074, 0.01209588,
        1.3556523, 0.8286949, 0.52645,
      ],
    ],
    [
      'train',
      19,
      [
        -0.042518415, -1.0773464, -0.061853774, -1.1972679, 0.39493284, -0.26852298, -0.6764661, 0.21051238,
        -0.26129034, 0.8978355, 1.1074042, 1.8890793,
      ],
    ],
  ])('gives the noise of sample %s, draw %d', (sample, draw, expected) => {
    expect([...noiseOf(sample, draw, 12)]).toEqual(expected.map(Math.fround));
  });
});

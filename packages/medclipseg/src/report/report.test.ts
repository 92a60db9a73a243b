// The report as a file: self-contained, safe with any name, with what it promises to show.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Evaluator } from '../metrics/index.ts';
import { agreementImage } from './agreement.ts';
import { roundUp, ticks } from './frame.ts';
import { escapeHtml, html } from './html.ts';
import { htmlReport } from './report.ts';

const mask = (...data: number[]) => ({ width: data.length, height: 1, data });
const evaluation = (name: string, { calibrated = true, missing = [] as string[] } = {}) => {
  const evaluator = new Evaluator({ resamples: 100 });
  for (const [i, probability] of [
    [0.9, 0.8, 0.2, 0.1],
    [0.6, 0.4, 0.3, 0.1],
    [0.4, 0.4, 0.1, 0.1],
  ].entries()) {
    const prediction = mask(...probability.map((p) => (p > 0.5 ? 1 : 0)));
    const truth = mask(1, 1, 0, 0);
    evaluator.add({ name: `${name}${i}`, file: 'x.png', truth, prediction, ...(calibrated && { probability }) });
  }
  return evaluator.result({ missing, extra: [] });
};
const source = 'data:image/png;base64,AAAA';
const cases = (name: string) => [{ name: `${name}2`, prompt: `a ${name}`, images: [{ title: 'Image', source }] }];

it('shows scores with intervals, plots, cases and that it is for research only', () => {
  const page = htmlReport(evaluation('polyp', { missing: ['lost.png'] }), {
    title: 'A run',
    details: { Samples: 30 },
    worst: cases('polyp'),
  });
  for (const part of [
    '<h1>A run</h1>',
    'For research only. Not a medical device',
    '<dt>Samples</dt><dd>30</dd>',
    '1 images could not be scored: lost.png',
    '>55.56<',
    '1 infinite left out',
    'Reliability curve; expected calibration error',
    'Risk against coverage; area',
    'polyp1: DSC 0.667',
    `<img src="${source}" alt="Image of polyp2"`,
    '<q>a polyp</q>',
  ])
    expect(page).toContain(part);
  expect(page.match(/<svg /g)).toHaveLength(4);
});

it('leaves calibration out where there are no probabilities', () => {
  const page = htmlReport(evaluation('a', { calibrated: false }), { title: 'A run' });
  expect(page.match(/<svg /g)).toHaveLength(1);
  expect(page).not.toContain('undefined');
  expect(page).not.toContain('NaN');
});

it('loads nothing, runs nothing, whatever the names', () => {
  const hostile = fc.constantFrom(
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "'onload='alert(1)",
    '</style></title><svg onload=alert(1)>',
    '&lt;b&gt;',
  );
  fc.assert(
    fc.property(fc.oneof(hostile, fc.string()), (name) => {
      const page = htmlReport(evaluation(name, { missing: [name] }), {
        title: name,
        details: { [name]: name },
        worst: cases(name),
      });
      // Text in quotes never becomes markup.
      const tags = page.replace(/"[^"<>]*"/g, '""').match(/<[a-z][^>]*>/gi) ?? [];
      expect(tags.filter((tag) => /^<(script|link|iframe|object|base)|\son[a-z]+\s*=/i.test(tag))).toEqual([]);
      expect(page.match(/(src|href)="(?!data:)/g)).toBeNull();
      expect(page.match(/url\(|@import/g)).toBeNull();
      expect(page.match(/<(h1|svg|img|script)\b/g)?.length).toBe(1 + 4 + 1);
    }),
    { numRuns: 60 },
  );
});

describe('html', () => {
  it('escapes what is put in, joins lists and leaves out what is not there', () => {
    expect(html`<p title="${'"<&\'>'}">${[1, html`<b>${'<'}</b>`]}${false}${undefined}</p>`.markup).toBe(
      '<p title="&quot;&lt;&amp;&#39;&gt;">1<b>&lt;</b></p>',
    );
    expect(escapeHtml('a & b')).toBe('a &amp; b');
  });
});

it('has three to seven round ticks within an axis, and ends that hold the data', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (to) => {
      const end = roundUp(to);
      expect(end).toBeGreaterThanOrEqual(to * (1 - 1e-9));
      const marks = ticks({ from: 0, to: end });
      expect(marks.length).toBeGreaterThanOrEqual(3);
      expect(marks.length).toBeLessThanOrEqual(7);
      expect(Math.max(...marks)).toBeLessThanOrEqual(end * (1 + 1e-9));
    }),
  );
  expect(ticks({ from: 0, to: 1 })).toHaveLength(6);
});

it('tints what was found, missed and wrongly found', () => {
  const image = { width: 4, height: 1, channels: 3, data: new Uint8Array(12).fill(100) } as const;
  const { data } = agreementImage(image, mask(1, 1, 0, 0), mask(1, 0, 1, 0));
  const pixel = (i: number) => [...data.subarray(3 * i, 3 * i + 3)];
  expect([pixel(0), pixel(1), pixel(2), pixel(3)]).toEqual([
    [0, 210, 190],
    [255, 226, 0],
    [255, 60, 200],
    [100, 100, 100],
  ]);
  expect(image.data.every((v) => v === 100)).toBe(true);
});

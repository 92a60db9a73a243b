import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DicomFacts, groupSlices } from './dicom-groups.ts';
import type { Triple } from './volume.ts';

const slice = (z: number, facts: Partial<DicomFacts> = {}): DicomFacts => ({
  path: `s/${z}.dcm`,
  series: '1.2.3',
  seriesNumber: 3,
  instance: `1.2.3.${z}`,
  sopClass: '1.2.840.10008.5.1.4.1.1.4',
  modality: 'MR',
  frames: 1,
  rows: 8,
  columns: 6,
  isLocalizer: false,
  isSegmentation: false,
  position: [-3, 5, 2.5 * z],
  orientation: [
    [1, 0, 0],
    [0, 1, 0],
  ],
  spacing: [0.7, 0.7],
  ...facts,
});
const stack = (...places: number[]) => places.map((z) => slice(z));
const reason = (files: readonly DicomFacts[]) => {
  const [entry] = groupSlices(files).entries;
  return entry?.kind === 'broken' ? entry.reason : undefined;
};

describe('slices of DICOM files', () => {
  it('are one volume along their normal, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(7).keys()], { minLength: 7 }), (order) => {
        const { entries, leftOut } = groupSlices(order.map((z) => slice(z)));
        expect(leftOut).toEqual([]);
        expect(entries).toEqual([{ kind: 'volume', slices: stack(0, 1, 2, 3, 4, 5, 6), notes: [] }]);
      }),
      { numRuns: 20 },
    );
  });

  it('are separate volumes by their series', () => {
    const second = stack(0, 1, 2).map((file) => ({ ...file, series: '9', path: `t/${file.path}` }));
    const { entries } = groupSlices([...stack(0, 1), ...second]);
    expect(entries.map((entry) => entry.kind === 'volume' && entry.slices.length)).toEqual([2, 3]);
  });

  it('are refused where one is missing, doubled, of another geometry, or off the line', () => {
    expect(reason(stack(0, 1, 2, 4, 5))).toBe(
      '1 missing slice between 5 mm and 10 mm, where slices are 2.5 mm apart. Copy the whole series',
    );
    expect(reason(stack(0, 1, 2, 5, 6))).toContain('2 missing slices between 5 mm and 12.5 mm');
    expect(reason(stack(0, 1, 2, 3.2))).toContain('a distance of 3 mm between 5 mm and 8 mm');
    const echo = stack(0, 1, 2).map((file) => ({
      ...file,
      instance: `${file.instance}.2`,
      path: file.path.replace('s/', 's/e'),
    }));
    expect(reason([...stack(0, 1, 2), ...echo])).toMatch(/^3 of 6 slices are where another one is, the first at 0 mm/);
    expect(reason([...stack(0, 1), slice(2, { rows: 9 })])).toContain(
      'several sizes, spacings or directions (2 and 1)',
    );
    expect(reason([...stack(0, 1, 2), slice(3, { position: [-3, 9, 7.5] })])).toContain(
      'slices that are not on one line',
    );
  });

  it('of time points are volumes of their own in folders of their own', () => {
    const second = stack(0, 1, 2).map((file) => ({ ...file, instance: `${file.instance}.2`, path: `t/${file.path}` }));
    const { entries } = groupSlices([...stack(0, 1, 2), ...second]);
    expect(entries.map((entry) => entry.kind === 'volume' && entry.slices[0]?.path)).toEqual(['s/0.dcm', 't/s/0.dcm']);
    // Media spread a large series over folders: still one volume.
    const spread = stack(0, 1, 2, 3).map((file, i) => ({ ...file, path: `${i % 2}/${i}.dcm` }));
    expect(groupSlices(spread).entries).toMatchObject([{ kind: 'volume' }]);
  });

  it('of a tilted gantry are sheared, and say so', () => {
    const tilted = [0, 1, 2, 3].map((z) => slice(z, { position: [0, 0.5 * z, 2.5 * z] as Triple }));
    expect(groupSlices(tilted).entries).toMatchObject([
      { kind: 'volume', notes: ['The slices are sheared by 11.3°, as with a tilted gantry.'] },
    ]);
  });

  it('leave out localizers, copies, segmentations and files without pixels', () => {
    const { entries, leftOut } = groupSlices([
      ...stack(0, 1, 2),
      slice(0, { path: 'copy.dcm' }),
      slice(7, { isLocalizer: true }),
      slice(8, { isSegmentation: true }),
      slice(9, { withoutPixels: 'a DICOM structured report (SR)' }),
    ]);
    expect(entries).toMatchObject([
      { kind: 'volume', notes: ['Localizers were left out: 1.', 'Second copies of slices were left out: 1.'] },
    ]);
    expect(leftOut.map(({ reason: why }) => why).sort()).toEqual([
      'a DICOM segmentation',
      'a DICOM structured report (SR)',
      'a localizer',
    ]);
  });

  it('without a position, of several frames, or alone are images', () => {
    const files = [slice(0, { position: undefined }), slice(1, { frames: 20 }), slice(2)];
    expect(groupSlices(files).entries.map(({ kind }) => kind)).toEqual(['image', 'image', 'image']);
  });
});

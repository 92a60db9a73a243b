// Masks of volumes are where they belong: NIfTI files and DICOM series made by other libraries, read back by others.
// Brightness takes the place of a model here, since its mask is known; everything else is what `predict` uses.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  encodeDicomSeg,
  groupSlices,
  mapSlices,
  openVolume,
  readDicomFacts,
  type SliceGroup,
  type Volume,
  writeNifti,
} from '@medclipseg/datasets/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { preparePython, python } from './python.ts';

let folder = '';
let wrong: Record<string, string | null> = {};
const from = (name: string) => join(folder, 'sources', name);
const to = (name: string) => join(folder, 'results', name);

/** What a model returns for a slice, from its brightness. */
const brightness = (volume: Volume, axis?: 0 | 1 | 2) =>
  mapSlices(volume, { axis, backgrounds: { mask: 0, probability: Number.NaN } }, async ({ data, channels }) => {
    expect(channels).toBe(1);
    return { mask: data.map((v) => (v > 127 ? 1 : 0)), probability: Float32Array.from(data, (v) => v / 255) };
  });

const SEG = { algorithm: { name: 'MedCLIPSeg', version: '0.0.0' }, origin: 'test' };
const segment = (label: string) => ({ label, description: `a ${label}`, color: [0, 200, 170] as const });

async function segmentFile(name: string, axis?: 0 | 1 | 2): Promise<void> {
  const volume = await openVolume(from(name), name === 'time.nii.gz' ? { volume: 1 } : {});
  const { mask, probability } = await brightness(volume, axis);
  const ending = name.endsWith('.gz') ? '.nii.gz' : '.nii';
  const stem = name.replace(/\.(nii|hdr)(\.gz)?$/, '');
  await writeNifti(to(`${stem}-mask${ending}`), volume, mask, { description: 'mask' });
  await writeNifti(to(`${stem}-probability${ending}`), volume, probability, { brightest: 1 });
}

async function seriesIn(name: string): Promise<SliceGroup> {
  const paths = readdirSync(from(name)).map((file) => join(from(name), file));
  const { entries } = groupSlices(await Promise.all(paths.map(readDicomFacts)));
  expect(entries).toMatchObject([{ kind: 'volume' }]);
  return entries[0] as SliceGroup;
}

async function segmentSeries(name: string): Promise<void> {
  const group = await seriesIn(name);
  const volume = await openVolume({ ...group, name });
  const { mask } = await brightness(volume);
  await writeNifti(to(`${name}-mask.nii.gz`), volume, mask as Uint8Array);
  if (name === 'tilted') return;
  const [columns = 0, rows = 0] = volume.shape;
  const labels = (mask as Uint8Array).slice();
  const segments = [segment('cube')];
  if (name === 'oblique-series') {
    segments.push(segment('second'));
    for (let i = 6 * columns * rows; i < labels.length; i++) labels[i] = 2 * (labels[i] as number);
  }
  const first = readFileSync(group.slices[0]?.path as string);
  const encode = (voxels: Uint8Array) => encodeDicomSeg(group, voxels, first, { ...SEG, segments });
  const bytes = await encode(labels);
  expect(Buffer.compare(bytes, await encode(labels)), 'the same bytes from the same labels').toBe(0);
  await writeFile(to(`${name}-seg.dcm`), bytes);
  if (name === 'axial') await writeFile(to('empty-seg.dcm'), await encode(new Uint8Array(labels.length)));
}

beforeAll(async () => {
  preparePython();
  folder = await mkdtemp(join(tmpdir(), 'volumes-'));
  python('make.py', from('.'));
  await mkdir(to('.'));
  const files = Object.keys(JSON.parse(readFileSync(from('cubes.json'), 'utf8')));
  for (const name of files) await segmentFile(name);
  for (const name of ['axial', 'oblique-series', 'sagittal', 'tilted']) await segmentSeries(name);
  wrong = JSON.parse(python('check.py', from('.'), to('.')));
});
afterAll(() => rm(folder, { recursive: true }));

describe('masks of volumes', () => {
  it('have the geometry of their source and are in the right voxels', () => {
    expect(Object.keys(wrong).length).toBeGreaterThan(30);
    expect(Object.fromEntries(Object.entries(wrong).filter(([, reason]) => reason !== null))).toEqual({});
  });

  it('are the same along any axis', async () => {
    const volume = await openVolume(from('oblique.nii.gz'));
    const masks = [];
    for (const axis of [0, 1, 2] as const) masks.push((await brightness(volume, axis)).mask);
    expect(masks[1]).toEqual(masks[0]);
    expect(masks[2]).toEqual(masks[0]);
  });

  it('are made along the axis that the header names, or else the one with the largest spacing', async () => {
    const axes = ['LAS.nii.gz', 'thick-first.nii.gz', 'named-slices.nii.gz'].map(
      async (name) => (await openVolume(from(name))).acquisitionAxis,
    );
    expect(await Promise.all(axes)).toEqual([2, 0, 1]);
  });
});

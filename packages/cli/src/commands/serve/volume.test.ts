// Volumes over HTTP: NIfTI in, NIfTI of the same geometry out.
import { gunzipSync } from 'node:zlib';
import { encodeNifti, mapSlices, openVolume } from '@medclipseg/datasets/node';
import { unzipSync } from 'fflate';
import type { MedCLIPSeg } from 'medclipseg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { form, type TinyServer, tinyModel, tinyServer } from './fixtures/tiny-server.ts';

const SHAPE = [20, 12, 5] as const;

/** A NIfTI-1 volume with an oblique matrix. */
function nifti(): Uint8Array {
  const bytes = new Uint8Array(348);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  [3, ...SHAPE, 1, 1, 1, 1].forEach((n, i) => {
    view.setInt16(40 + 2 * i, n, true);
  });
  [1, 2, 3, 4, 1, 1, 1, 1].forEach((n, i) => {
    view.setFloat32(76 + 4 * i, n, true);
  });
  view.setInt16(254, 1, true);
  [-2, 0.1, 0, 7, 0.1, 3, 0, -8, 0, 0, 4, 9].forEach((n, i) => {
    view.setFloat32(280 + 4 * i, n, true);
  });
  const voxels = Uint8Array.from({ length: 1200 }, (_, i) => (i * 89) % 256);
  return encodeNifti({ bytes, littleEndian: true }, voxels, { brightest: 255 });
}

let model: MedCLIPSeg;
let server: TinyServer;
beforeAll(async () => {
  model = await tinyModel();
  server = await tinyServer(model, { limits: { bytes: 2 ** 20, pixels: 1200, samples: 10 } });
});
afterAll(async () => {
  await server.stop();
  await model.dispose();
});

const QUICK = { prompt: 'polyp', samples: '1' };

const segment = (fields: Readonly<Record<string, string>>, bytes = nifti(), headers: Record<string, string> = {}) =>
  fetch(`${server.url}/v1/segment`, { method: 'POST', body: form({ ...QUICK, ...fields }, bytes), headers });

/** The header fields of the geometry, and the voxels. */
function parts(file: Uint8Array) {
  // A Buffer may be a part of a larger one.
  const { buffer } = Uint8Array.from(file);
  return {
    shape: [...new Int16Array(buffer, 40, 8)],
    matrix: [...new Float32Array(buffer, 280, 12)],
    voxels: new Uint8Array(buffer, 352),
    floats: () => [...new Float32Array(buffer.slice(352))],
  };
}

it('a volume comes back in its own geometry, slice by slice', async () => {
  const answer = await segment({ output: 'zip' });
  expect(answer.status).toBe(200);
  const files = unzipSync(new Uint8Array(await answer.arrayBuffer()));
  expect(Object.keys(files)).toEqual(['mask.nii.gz', 'probability.nii.gz', 'uncertainty.nii.gz', 'report.json']);
  const [source, mask, probability] = [
    nifti(),
    ...['mask', 'probability'].map((name) => gunzipSync(files[`${name}.nii.gz`] as Uint8Array)),
  ].map((bytes) => parts(bytes as Uint8Array)) as [
    ReturnType<typeof parts>,
    ReturnType<typeof parts>,
    ReturnType<typeof parts>,
  ];
  for (const map of [mask, probability]) expect([map.shape, map.matrix]).toEqual([source.shape, source.matrix]);
  const expected = await mapSlices(
    await openVolume(nifti()),
    { backgrounds: { mask: 0, probability: Number.NaN } },
    async (image) => {
      const result = await model.segment(image, 'polyp', { samples: 1, seed: 666 });
      return { mask: result.mask, probability: result.probability };
    },
  );
  expect([...mask.voxels]).toEqual([...expected.mask]);
  expect(probability.floats()).toEqual([...expected.probability]);
  const report = JSON.parse(Buffer.from(files['report.json'] as Uint8Array).toString());
  expect(report).toMatchObject({ size: [...SHAPE], slices: [0, 5], axis: 2, orientation: 'LAS' });
  expect(report.foregroundPixels).toBe([...expected.mask].reduce((sum, v) => sum + v, 0));
});

it('some slices along another axis are segmented, and one of them as an image', async () => {
  const answer = await segment({ slices: '3:4', axis: 'sagittal' }, nifti(), { accept: 'application/gzip' });
  expect(answer.headers.get('content-type')).toBe('application/gzip');
  const probability = await segment({ slices: '3:4', axis: 'i', maps: 'probability', output: 'map' });
  const { floats } = parts(gunzipSync(new Uint8Array(await probability.arrayBuffer())));
  const known = floats().map((v) => !Number.isNaN(v));
  expect(known).toEqual(Array.from({ length: 1200 }, (_, i) => i % 20 === 3));
  const image = await segment({ page: '2' });
  expect(Object.keys((await image.json()).maps)).toEqual(['mask', 'probability', 'uncertainty']);
});

it('classes of a volume are labels', async () => {
  const body = form({ classes: '{"a": "polyp", "b": "left"}', samples: '1', threshold: '0.1' }, nifti());
  const answer = await (await fetch(`${server.url}/v1/segment`, { method: 'POST', body })).json();
  expect(Object.keys(answer.maps)).toEqual([
    'labels',
    '1-probability',
    '2-probability',
    '1-uncertainty',
    '2-uncertainty',
  ]);
  const { voxels } = parts(gunzipSync(Buffer.from(answer.maps.labels.base64, 'base64')));
  const count = (label: number) => voxels.filter((v) => v === label).length;
  expect(answer.classes.map(({ foregroundPixels }: Record<string, number>) => foregroundPixels)).toEqual([
    count(1),
    count(2),
  ]);
});

it.each([
  [{ slices: '4:9' }, 400, /^slices of image: expected slices within 0:5, got 4:9\. Correct the range\./],
  [{ slices: '3' }, 400, /^slices: expected slices such as 10:40, .* got '3'/],
  [{ axis: 'diagonal' }, 400, /^axis: expected i, j, k, sagittal, coronal, axial, got 'diagonal'/],
  [{ page: '1', slices: '0:1' }, 400, /^slices: expected a NIfTI volume, got an image/],
  [{ maps: 'overlay' }, 400, /^maps: expected mask, probability, uncertainty, got 'overlay'/],
  [{ volume: '3' }, 422, /^image: expected volume 0 to 0/],
])('%o is refused with %i', async (fields, status, detail) => {
  const answer = await segment(fields as Record<string, string>);
  expect([(await answer.json()).detail, answer.status]).toEqual([expect.stringMatching(detail), status]);
});

it('a volume that is cut off, or of too many voxels, is refused', async () => {
  expect((await segment({}, nifti().subarray(0, 900))).status).toBe(422);
  const large = await tinyServer(model, { limits: { bytes: 2 ** 20, pixels: 1199, samples: 10 } });
  const answer = await fetch(`${large.url}/v1/segment`, { method: 'POST', body: form(QUICK, nifti()) });
  expect([answer.status, (await answer.json()).detail]).toEqual([
    413,
    expect.stringMatching(/^image: expected at most 1199 voxels, got 20x12x5/),
  ]);
  await large.stop();
});

// Facts of a file before its pixels: pages to choose among, and the size of a pixel where the file vouches for it.
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encodeDicom, encodeNifti, words } from '../scans/testing/files.ts';
import { describeImage } from './describe.ts';

const scan = { rows: 2, columns: 3, pixels: words([0, 1, 2, 3, 4, 5]) };

describe('the facts of a file', () => {
  it('DICOM: frames, and the spacing of rows before that of columns', async () => {
    const bytes = encodeDicom({ ...scan, more: [[0x0028, 0x0030, 'DS', '0.5\\0.25']] });
    expect(await describeImage(bytes)).toEqual({
      format: 'dicom',
      pages: 1,
      spacing: { x: 0.25, y: 0.5 },
      pixelAspect: 2,
    });
    const frames = { ...scan, frames: 3, pixels: words(Array.from({ length: 18 }, (_, i) => i)) };
    expect(await describeImage(encodeDicom(frames))).toEqual({ format: 'dicom', pages: 3, spacing: undefined });
  });

  it('DICOM: the spacing at the detector where there is none in the patient; nonsense counts as none', async () => {
    const detector = encodeDicom({ ...scan, more: [[0x0018, 0x1164, 'DS', '0.1\\0.2']] });
    expect((await describeImage(detector)).spacing).toEqual({ x: 0.2, y: 0.1 });
    const nonsense = encodeDicom({ ...scan, more: [[0x0028, 0x0030, 'DS', '0\\x']] });
    expect((await describeImage(nonsense)).spacing).toBeUndefined();
  });

  it('NIfTI: slices, and spacing in the unit of the header, or else in millimeters', async () => {
    const bytes = encodeNifti({ dimensions: [3, 2, 2], values: Array.from({ length: 12 }, (_, i) => i) });
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setFloat32(80, 0.5, true);
    view.setFloat32(84, -2, true);
    expect(await describeImage(bytes)).toMatchObject({ format: 'nifti', pages: 2, spacing: { x: 0.5, y: 2 } });
    expect((await describeImage(bytes)).notes?.[0]).toMatch(/no unit of length/);
    bytes[123] = 2 | 8;
    expect((await describeImage(bytes)).spacing).toEqual({ x: 0.5, y: 2 });
    bytes[123] = 3;
    expect((await describeImage(bytes)).spacing?.y).toBeCloseTo(0.002, 9);
  });

  it('an image: one page and no spacing, whatever resolution it was saved with', async () => {
    const image = sharp({ create: { width: 4, height: 3, channels: 3, background: 'red' } }).withMetadata({
      density: 300,
    });
    expect(await describeImage(await image.png().toBuffer())).toEqual({ format: 'png', pages: 1 });
    expect(await describeImage(await image.tiff().toBuffer())).toEqual({ format: 'tiff', pages: 1 });
  });

  it('other bytes and broken headers are refused by the name of the file', async () => {
    await expect(describeImage(new Uint8Array(400), { name: 'a.txt' })).rejects.toThrow(/a\.txt: expected a PNG, JPEG/);
    const cut = encodeDicom(scan).subarray(0, 140);
    await expect(describeImage(cut, { name: 'b.dcm' })).rejects.toThrow(
      /b\.dcm: expected a whole DICOM file, got one that ends inside/,
    );
  });
});

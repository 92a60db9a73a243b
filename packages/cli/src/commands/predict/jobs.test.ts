import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matchJobs, readJobs } from './jobs.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jobs-'));
});
afterAll(() => rm(folder, { recursive: true }));

const jobs = async (text: string, ending = '.csv') => {
  const path = join(folder, `jobs${ending}`);
  await writeFile(path, text);
  return readJobs(path, () => {});
};

describe('jobs', () => {
  it('of JSON have a prompt, prompts of slices, or classes', async () => {
    const list = [
      { image: 'a.png', prompt: 'one polyp', page: 2, window: '40,400' },
      { image: 'b.nii', prompt: { '4:': 'late', ':4': 'early' }, axis: 'axial' },
      { image: 'c.png', classes: { polyp: 'one polyp' }, name: 'x/c' },
      { image: 'd.png' },
    ];
    expect(await jobs(JSON.stringify(list), '.json')).toEqual([
      { image: 'a.png', page: '2', window: '40,400', what: { prompt: 'one polyp' } },
      {
        image: 'b.nii',
        axis: 'axial',
        what: {
          ranges: [
            { from: 0, to: 4, prompt: 'early' },
            { from: 4, prompt: 'late' },
          ],
        },
      },
      { image: 'c.png', name: 'x/c', what: { classes: { polyp: 'one polyp' } } },
      { image: 'd.png' },
    ]);
  });

  it('of sheets join the rows of an image', async () => {
    const rows = [
      'image,prompt,slices,class,name',
      'a,one,,,',
      'b,early,0:4,,',
      'b,late,4:,,',
      'c,one,,p,',
      'c,two,,q,',
      'd,one,,,d1',
      'd,two,,,d2',
    ];
    expect(await jobs(rows.join('\n'))).toEqual([
      { image: 'a', what: { prompt: 'one' } },
      {
        image: 'b',
        what: {
          ranges: [
            { from: 0, to: 4, prompt: 'early' },
            { from: 4, prompt: 'late' },
          ],
        },
      },
      { image: 'c', what: { classes: { p: 'one', q: 'two' } } },
      { image: 'd', name: 'd1', what: { prompt: 'one' } },
      { image: 'd', name: 'd2', what: { prompt: 'two' } },
    ]);
  });

  it.each([
    ['.json', '{}', /a JSON list of jobs, got another value/],
    ['.json', '[{', /a JSON list of jobs/],
    ['.json', '[]', /one job or more, got none/],
    ['.json', '[{"prompt": "x"}]', /job 1: expected an image with a prompt or classes, got 'image/],
    ['.json', '[{"image": "a", "promt": "x"}]', /job 1.*promt/],
    ['.json', '[{"image": "a", "prompt": "x", "classes": {"p": "y"}}]', /a prompt or classes, got both/],
    ['.json', '[{"image": "a", "prompt": {"0:4": "x", "2:6": "y"}}]', /ranges that do not overlap/],
    ['.json', '[{"image": "a", "prompt": "x", "name": "../b"}]', /inside the output folder, got '\.\.\/b'/],
    ['.csv', 'file,prompt\na,x', /a column 'image', got 'file', 'prompt'/],
    ['.csv', 'image,prompt,description\na,x,y', /one column 'prompt', got several/],
    ['.csv', 'image,prompt\na,x\na,y', /row 2: expected slices or a class for the second prompt of a, got none/],
    ['.csv', 'image,prompt,class\na,x,p\na,y,p', /row 3: expected a class of its own with a prompt, got 'p'/],
    ['.csv', 'image,prompt,class,window\na,x,p,"1,2"\na,y,q,', /row 3: expected the window of row 2/],
  ])('of %s are refused: %s', async (ending, text, message) => {
    await expect(jobs(text, ending)).rejects.toThrow(message);
  });

  it('find their inputs by path, by name, and with another ending', () => {
    const inputs = ['x/a.jpg', 'x/y/a.jpg', 'x/b.nii.gz'].map((path) => ({
      path: join(folder, path),
      name: path.slice(2).replace(/\..*/, ''),
    }));
    const match = (...images: string[]) =>
      matchJobs(
        join(folder, 'jobs.csv'),
        images.map((image) => ({ image })),
        inputs,
      ).map(({ name }) => name);
    expect(match('x/y/a.jpg', 'b.nii.gz')).toEqual(['y/a', 'b']);
    expect(match('a.png', 'y/a.png', 'b')).toEqual(['a', 'y/a', 'b']);
    expect(() => match('z.png')).toThrow("one input 'z.png', got none");
    expect(() => match('b', 'b.nii.gz')).toThrow("results with names of their own, got 'b' twice");
  });
});

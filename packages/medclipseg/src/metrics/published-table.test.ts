// The published table: rounding, columns, averages.
import { expect, it } from 'vitest';
import { publishedAverages, publishedCsv, publishedRound } from './published-table.ts';

it.each([
  [0.12345, 0.1234],
  [0.12355, 0.1236],
  [0.99999999992, 1],
  [0.00005, 0],
  [0.5, 0.5],
])('rounds %d to %d, as NumPy does', (score, rounded) => {
  expect(publishedRound(score)).toBe(rounded);
});

const rows = [
  { file: 'a.jpg', dsc: 0.12345, nsdPublished: 0.00005 },
  { file: 'b, second.png', dsc: 0.75, nsdPublished: 1 },
];

it('writes the columns Name, DSC and NSD with the file names of the true masks', () => {
  expect(publishedCsv(rows)).toBe('Name,DSC,NSD\na.jpg,0.1234,0.0000\n"b, second.png",0.7500,1.0000\n');
});

it('averages the rounded columns, not the scores', () => {
  expect(publishedAverages(rows)).toEqual({ dsc: (0.1234 + 0.75) / 2, nsd: 0.5 });
});

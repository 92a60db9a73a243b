// Sheets that are text: comma-separated values, and one JSON object a line.
import papaparse from 'papaparse';
import type { Table } from './table.ts';

/** Comma-separated values (RFC 4180); semicolons and tabs are recognized. Throws at quotes that do not close. */
export function readCsv(text: string): Table {
  const { data, errors } = papaparse.parse<string[]>(text, { skipEmptyLines: 'greedy' });
  const fault = errors.find(({ type }) => type === 'Quotes');
  if (fault) throw new SyntaxError(`row ${(fault.row ?? 0) + 1}: ${fault.message}`);
  return data;
}

/** One JSON object a line, its keys the titles. */
export function readJsonLines(text: string): Table {
  const objects = text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === '') return [];
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw new SyntaxError(`line ${i + 1}: ${(cause as Error).message}`, { cause });
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new SyntaxError(`line ${i + 1}: no object`);
    return [new Map<string, unknown>(Object.entries(value))];
  });
  const titles = [...new Set(objects.flatMap((object) => [...object.keys()]))];
  return objects.length === 0 ? [] : [titles, ...objects.map((object) => titles.map((title) => object.get(title)))];
}

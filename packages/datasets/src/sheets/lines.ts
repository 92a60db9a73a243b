// Sheets that are text: comma-separated values, and one JSON object a line.
import { FormatError } from '../images/bytes.ts';
import type { Table } from './table.ts';

/** Text without the spaces around quoted cells, which RFC 4180 does not know; spaces inside quotes stay. */
function withoutSpaceAroundQuotes(text: string): string {
  const cell = /([,;\t\n]|^)[ \t]*("(?:[^"]|"")*")[ \t]*(?=[,;\t\r\n]|$)/g;
  return text.replace(cell, '$1$2');
}

/**
 * Comma-separated values (RFC 4180); semicolons and tabs are recognized, and spaces around quoted cells. Throws at quotes that do not
 * close, and at rows with more cells than titles: a comma in a cell without quotes would cut the prompt.
 */
export async function readCsv(text: string): Promise<Table> {
  const { default: papaparse } = await import('papaparse');
  const { data, errors } = papaparse.parse<string[]>(withoutSpaceAroundQuotes(text), { skipEmptyLines: 'greedy' });
  const fault = errors.find(({ type }) => type === 'Quotes');
  if (fault) throw new FormatError(`row ${(fault.row ?? 0) + 1}: ${fault.message}`);
  const titles = data[0]?.length ?? 0;
  const long = data.findIndex((cells) => cells.slice(titles).some((cell) => cell.trim() !== ''));
  if (long >= 0)
    throw new FormatError(
      `row ${long + 1}: ${data[long]?.length} cells under ${titles} titles; put cells with commas in quotes`,
    );
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
      throw Object.assign(new FormatError(`line ${i + 1} is not a JSON object`), { cause });
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new FormatError(`line ${i + 1}: no object`);
    return [new Map<string, unknown>(Object.entries(value))];
  });
  const titles = [...new Set(objects.flatMap((object) => [...object.keys()]))];
  return objects.length === 0 ? [] : [titles, ...objects.map((object) => titles.map((title) => object.get(title)))];
}

// Tables of an experiment as Markdown, CSV and a page.
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomically } from '@medclipseg/datasets/node';
import { tablesPage } from 'medclipseg/report';
import { type Cell, measuredTables, type Table } from './figures.ts';
import { pathsIn } from './files.ts';
import type { Plan } from './plan.ts';
import published from './published.json' with { type: 'json' };

const two = (value: number) => value.toFixed(2);

/** `81.10 (79.22 to 82.90) ± 0.41`: value, interval over images, spread over seeds. */
function shown(cell: Cell | undefined): string {
  if (!cell) return '';
  if (cell.kind === 'published') return two(cell.published);
  if (cell.kind === 'missing') return '–';
  const { value, low, high, deviation } = cell.measured;
  return `${two(value)} (${two(low)} to ${two(high)})${deviation === undefined ? '' : ` ± ${two(deviation)}`}`;
}

const LEGEND =
  'Percent. Measured figures have the 95 % interval over test images in brackets, and after ± the standard deviation over seeds. Rows without brackets are published numbers.';

function notesOf(plan: Plan): string[] {
  const { differences } = plan;
  return [
    LEGEND,
    ...(differences.length > 0
      ? [`Not comparable with the published numbers: ${differences.join('; ')}.`]
      : ['The published protocol.']),
    `Source of the published numbers: ${published.source}`,
    'For research only. Not a medical device.',
  ];
}

const markdownRow = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** Published, measured and their difference, line by line: for experiments that repeat published numbers. */
const isComparison = ({ experiment }: Plan) => experiment === 'reproduce';

const COMPARED = ['published', 'here', 'difference', 'published number in the interval'];

function comparison(cell: Cell): string[] {
  const number = cell.kind === 'measured' || cell.kind === 'missing' ? cell.published : undefined;
  const before = number === undefined ? '–' : two(number);
  if (cell.kind !== 'measured') return [before, cell.kind === 'missing' ? cell.reason : '', '–', '–'];
  const { value, low, high } = cell.measured;
  if (number === undefined) return [before, shown(cell), '–', '–'];
  const difference = value - number;
  return [
    before,
    shown(cell),
    `${difference > 0 ? '+' : ''}${two(difference)}`,
    low <= number && number <= high ? 'yes' : 'no',
  ];
}

/** The columns and rows of a table as they are shown. */
function grid(
  plan: Plan,
  { columns, rows }: Table,
): { head: string[]; body: { cells: string[]; isMeasured: boolean }[] } {
  if (isComparison(plan))
    return {
      head: ['', ...COMPARED],
      body: rows.flatMap(({ label, cells, isMeasured }) =>
        columns.flatMap((column) => {
          const cell = cells[column];
          return cell && isMeasured
            ? [{ cells: [`${label}, ${column}`, ...comparison(cell)], isMeasured: cell.kind === 'measured' }]
            : [];
        }),
      ),
    };
  return {
    head: ['', ...columns],
    body: rows.map(({ label, cells, isMeasured }) => ({
      cells: [label, ...columns.map((column) => shown(cells[column]))],
      isMeasured,
    })),
  };
}

function markdown(plan: Plan, tables: readonly Table[]): string {
  const parts = tables.map((table) => {
    const { head, body } = grid(plan, table);
    const align = head.map((_, i) => (i === 0 ? '---' : '---:'));
    const rows = body.map(({ cells, isMeasured }) =>
      markdownRow(isMeasured ? [`**${cells[0]}**`, ...cells.slice(1)] : cells),
    );
    return `## ${table.title}\n\n${[markdownRow(head), markdownRow(align), ...rows].join('\n')}\n`;
  });
  return [`# ${plan.title}\n`, ...notesOf(plan).map((note) => `${note}\n`), ...parts].join('\n');
}

const quoted = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

const CSV_HEAD = [
  'table',
  'row',
  'column',
  'published',
  'here',
  'low',
  'high',
  'deviation',
  'seeds',
  'images',
  'missing',
];

/** A line for each figure. */
function csv(tables: readonly Table[]): string {
  const lines = tables.flatMap(({ title, columns, rows }) =>
    rows.flatMap(({ label, cells }) =>
      columns.flatMap((column) => {
        const cell = cells[column];
        if (!cell) return [];
        const number = cell.published === undefined ? '' : two(cell.published);
        const start = [title, label, column, number];
        if (cell.kind !== 'measured')
          return [[...start, '', '', '', '', '', '', cell.kind === 'missing' ? cell.reason : '']];
        const { value, low, high, deviation, seeds, images } = cell.measured;
        const figures = [value, low, high, deviation].map((each) => (each === undefined ? '' : each.toFixed(4)));
        return [[...start, ...figures, `${seeds}`, `${images}`, '']];
      }),
    ),
  );
  return [CSV_HEAD, ...lines].map((line) => `${line.map(quoted).join(',')}\n`).join('');
}

const page = (plan: Plan, tables: readonly Table[]): string =>
  tablesPage({
    title: plan.title,
    notes: notesOf(plan),
    tables: tables.map((table) => {
      const { columns = [], kind } = table.plot ?? {};
      const points = table.rows.map(({ label, cells, isMeasured }) => ({
        label,
        isMeasured,
        points: columns.flatMap((column) => {
          const cell = cells[column];
          if (!cell || cell.kind === 'missing') return [];
          return [{ at: column, ...(cell.kind === 'measured' ? cell.measured : { value: cell.published }) }];
        }),
      }));
      return { title: table.title, ...grid(plan, table), ...(kind && { plot: { kind, columns, series: points } }) };
    }),
  });

/** Writes the tables of a plan from the scores in a folder; the same scores give the same bytes. @returns the Markdown */
export async function writeTables(folder: string, plan: Plan): Promise<string> {
  const tables = await measuredTables(folder, plan);
  const text = markdown(plan, tables);
  for (const [ending, content] of Object.entries({ md: text, csv: csv(tables), html: page(plan, tables) })) {
    const path = pathsIn(folder).table(plan.experiment, ending);
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomically(path, content);
  }
  return text;
}

// Writes the page of kvasir.sh from its results: the tables as they are, their plots as files, and what they are and are not.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { tablesPage } from 'medclipseg/report';

interface Plot {
  readonly kind: 'lines' | 'dots';
  readonly columns: readonly string[];
}

/** With what is drawn of each. */
const EXPERIMENTS: Readonly<Record<string, Plot | undefined>> = {
  'data-efficiency': { kind: 'lines', columns: ['10 % DSC', '25 % DSC', '50 % DSC', '100 % DSC'] },
  'domain-generalization': undefined,
  'prompt-designs': { kind: 'dots', columns: ['ID'] },
  components: { kind: 'dots', columns: ['ID'] },
};

/** Of plots outside of their page. */
const STYLE = `<style>
text{font:11.5px system-ui,sans-serif;fill:#5a6675}.name{fill:#16202c}.grid{stroke:#e1e5ea}.axis{stroke:#5a6675}.mean{stroke:#c2500a;stroke-width:2}
.line{fill:none;stroke:#0b7285;stroke-width:2.2}.reference{fill:none;stroke:#5a6675;stroke-dasharray:4 4}.point{fill:#0b7285}.dot{fill:#0b728533;stroke:#0b7285}
@media(prefers-color-scheme:dark){text{fill:#9aa7b6}.name{fill:#e6ebf1}.grid{stroke:#2a3441}.axis{stroke:#9aa7b6}.mean{stroke:#ff9d57}.line{stroke:#4cc2d6}.reference{stroke:#9aa7b6}.point{fill:#4cc2d6}.dot{fill:#4cc2d640;stroke:#4cc2d6}}
</style>`;

const INTRODUCTION = `# The experiments on Kvasir, at the size of a CPU

New adapters and a new decoder on the frozen encoders of \`mini\`, trained for two epochs on polyps and tested with five samples. Measured, each figure with its
interval; this page is written by \`tools/scale/src/kvasir-page.ts\` from the results. For research, not a medical device.

**What these figures are**: a proof that the experiments run on real images from end to end, and what they give for a small model.

**What they are not**: the paper's. Encoders, epochs and samples differ, and ID and OOD are means over other datasets. The encoders of \`mini\` learned from all training images of Kvasir and ISIC
and from phantoms of the same kinds (never from test images), so that 10 % of the images means 10 % for adapters and decoder only, and OOD is new for those only. ISIC is its 74 validation
images, by which \`mini\` was chosen, since its test images were not available; the phantoms are synthetic. \`components\` has one seed: differences of the size of an interval mean nothing.

<!-- not run: takes half an hour -->

\`\`\`sh
npx @medclipseg/cli dataset phantom --modality endoscopy --count 500 --seed 16 --out data/phantoms
npx @medclipseg/cli experiment data-efficiency --datasets Kvasir --seeds 1,2,3 --config mini --data data --out runs/kvasir --backend onnx --threads 1 --set TRAIN.NUM_EPOCHS=2 --set TEST.NUM_SAMPLES=5
npx @medclipseg/cli experiment domain-generalization --group Kvasir:ISIC,phantoms --seeds 1,2,3 --config mini --data data --out runs/kvasir --backend onnx --threads 1 --set TRAIN.NUM_EPOCHS=2 --set TEST.NUM_SAMPLES=5
npx @medclipseg/cli experiment prompt-designs --group Kvasir --seeds 1,2,3 --config mini --data data --out runs/kvasir --backend onnx --threads 1 --set TRAIN.NUM_EPOCHS=2 --set TEST.NUM_SAMPLES=5
npx @medclipseg/cli experiment components --group Kvasir --seeds 1 --config mini --data data --out runs/kvasir --backend onnx --threads 1 --set TRAIN.NUM_EPOCHS=2 --set TEST.NUM_SAMPLES=5
\`\`\`
`;

const [out, page] = process.argv.slice(2);
if (out === undefined || page === undefined)
  throw new Error('kvasir-page: expected OUT PAGE, the folder of kvasir.sh and a file to write');

const table = (experiment: string, ending: string) =>
  readFileSync(join(out, 'tables', `${experiment}.${ending}`), 'utf8');

/** Only measured rows: published numbers of other datasets next to them would invite a comparison. */
function measured(markdown: string): string {
  const lines = markdown.split('\n').filter((line) => !line.startsWith('| ') || /^\| (\*\*| \||---)/.test(line));
  return lines
    .slice(lines.findIndex((line) => line.startsWith('## ')))
    .join('\n')
    .replace(/^## /gm, '### ');
}

/** The fields of a line. */
const fields = (line: string) =>
  [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, field = '']) => field.replace(/^"|"$/g, ''));

/** The measured figures of the first table as a plot. */
function plotOf(csv: string, { kind, columns }: Plot, name: string): string | undefined {
  const [, ...lines] = csv.trim().split('\n').map(fields);
  const rows = lines.filter(
    ([title, , column = '', , value]) => title === lines[0]?.[0] && value && columns.includes(column),
  );
  const labels = [...new Set(rows.map(([, label = '']) => label))];
  const series = labels.map((label) => ({
    label,
    isMeasured: true,
    points: rows
      .filter((row) => row[1] === label)
      .map(([, , at = '', , value, low, high]) => ({ at, value: Number(value), low: Number(low), high: Number(high) })),
  }));
  const page = tablesPage({
    title: '',
    notes: [],
    tables: [{ title: name, head: [], body: [], plot: { kind, columns, series } }],
  });
  return /<svg[\s\S]*?<\/svg>/.exec(page)?.[0];
}

const figures = join(dirname(page), basename(page, '.md'));
mkdirSync(figures, { recursive: true });
const sections = Object.entries(EXPERIMENTS).map(([experiment, shown]) => {
  const title = /^# (.+)$/m.exec(table(experiment, 'md'))?.[1] ?? experiment;
  const plot = shown && plotOf(table(experiment, 'csv'), shown, title);
  if (plot) {
    const standalone = plot.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ').replace('>', `>${STYLE}`);
    writeFileSync(join(figures, `${experiment}.svg`), `${standalone}\n`);
  }
  const image = plot ? `![${title}](${basename(figures)}/${experiment}.svg)\n\n` : '';
  return `## ${title}\n\n${image}${measured(table(experiment, 'md'))}`;
});
writeFileSync(page, `${[INTRODUCTION, ...sections].join('\n').trimEnd()}\n`);

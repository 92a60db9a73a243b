// A run, or the tables of an experiment, as one HTML file.
export { agreementImage } from './agreement.ts';
export {
  htmlReport,
  RESEARCH_NOTICE,
  type ReportCase,
  type ReportImage,
  type ReportOptions,
} from './report.ts';
export {
  type PageTable,
  type PlotPoint,
  type PlotSeries,
  type TablesPageOptions,
  tablesPage,
} from './tables-page.ts';

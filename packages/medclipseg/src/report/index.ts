// A run as one HTML file.
export { agreementImage } from './agreement.ts';
export {
  htmlReport,
  RESEARCH_NOTICE,
  type ReportCase,
  type ReportImage,
  type ReportOptions,
} from './report.ts';

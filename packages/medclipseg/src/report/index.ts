// A run as one HTML file.
export { agreementPicture } from './agreement.ts';
export {
  htmlReport,
  RESEARCH_NOTICE,
  type ReportCase,
  type ReportOptions,
  type ReportPicture,
} from './report.ts';

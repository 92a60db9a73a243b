// What kinds of DICOM objects hold no image (PS3.4 annex B.5 and PS3.3), for refusals that name them.

const PREFIX = '1.2.840.10008.5.1.4.1.1.';

const WITHOUT_PIXELS: Readonly<Record<string, string>> = {
  '9.1.1': '12-lead ECG',
  '9.1.2': 'general ECG',
  '9.1.3': 'ambulatory ECG',
  '9.2.1': 'hemodynamic waveform',
  '9.3.1': 'cardiac electrophysiology waveform',
  '9.4.1': 'audio waveform',
  '9.4.2': 'audio waveform',
  '9.5.1': 'arterial pulse waveform',
  '9.6.1': 'respiratory waveform',
  '11.1': 'grayscale presentation state',
  '11.2': 'color presentation state',
  '11.3': 'pseudo-color presentation state',
  '11.4': 'blending presentation state',
  '66': 'raw data object',
  '66.1': 'spatial registration',
  '66.2': 'spatial fiducials object',
  '66.3': 'deformable spatial registration',
  '66.5': 'surface segmentation',
  '66.6': 'tractography result',
  '67': 'real world value mapping',
  '88.11': 'structured report (SR)',
  '88.22': 'structured report (SR)',
  '88.33': 'structured report (SR)',
  '88.34': 'structured report (SR)',
  '88.40': 'procedure log',
  '88.50': 'structured report (SR) of mammography CAD',
  '88.59': 'key object selection',
  '88.65': 'structured report (SR) of chest CAD',
  '88.67': 'structured report (SR) of radiation dose',
  '88.69': 'structured report (SR) of colon CAD',
  '104.1': 'PDF document',
  '104.2': 'CDA document',
  '104.3': 'STL model',
  '481.3': 'RT Structure Set',
  '481.4': 'RT Beams Treatment Record',
  '481.5': 'RT Plan',
  '481.6': 'RT Brachy Treatment Record',
  '481.7': 'RT Treatment Summary Record',
  '481.8': 'RT Ion Plan',
  '481.9': 'RT Ion Beams Treatment Record',
};

/** The kind of an object that has no pixels, by its SOP Class UID, or else by its modality. */
export function kindWithoutPixels(sopClass: string | undefined, modality: string | undefined): string | undefined {
  if (sopClass === '1.2.840.10008.1.3.10') return 'directory (DICOMDIR), which lists other files';
  if (sopClass?.startsWith(PREFIX)) {
    const kind = WITHOUT_PIXELS[sopClass.slice(PREFIX.length)];
    if (kind) return kind;
    if (sopClass.startsWith(`${PREFIX}88.`)) return 'structured report (SR)';
    if (sopClass.startsWith(`${PREFIX}9.`)) return 'waveform';
  }
  return modality && /^[A-Z0-9]{2,16}$/.test(modality) ? `object of modality ${modality} without pixels` : undefined;
}

// Numbers formatted for display.

export const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

const grouped = new Intl.NumberFormat('en');
export const whole = (n: number): string => grouped.format(Math.round(n));

/** Three significant digits, without exponents. */
export const significant = (n: number): string => grouped.format(Number(n.toPrecision(3)));

export const duration = (milliseconds: number): string =>
  milliseconds < 950 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;

/** In decimal units. */
export const bytes = (n: number): string =>
  n >= 1e9
    ? `${(n / 1e9).toFixed(1)} GB`
    : n >= 1e6
      ? `${(n / 1e6).toFixed(n < 1e7 ? 1 : 0)} MB`
      : `${Math.ceil(n / 1e3)} kB`;

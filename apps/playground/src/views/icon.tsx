// Icons, drawn with one line.
const PATHS = {
  open: 'M4 7v11a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1V9a1 1 0 0 0-1-1h-7l-2-2.5H5A1 1 0 0 0 4 6.5Z',
  close: 'M6 6l12 12M18 6 6 18',
  dice: 'M5 5h14v14H5zM9 9h.2M15 9h.2M12 12h.2M9 15h.2M15 15h.2',
  download: 'M12 4v11m0 0 4-4m-4 4-4-4M5 19h14',
  link: 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700L12 7m2 3a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700L12 17',
  info: 'M12 11v6M12 7.500h.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  model: 'M12 3 4 7.500v9L12 21l8-4.500v-9L12 3ZM4 7.500l8 4.500 8-4.500M12 12v9',
  grid: 'M4 4h16v16H4zM4 9.300h16M4 14.700h16M9.300 4v16M14.700 4v16',
  theme: 'M12 3a9 9 0 1 0 0 18ZM12 3a9 9 0 0 1 0 18',
  picture: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 9h.01',
  stop: 'M7 7h10v10H7z',
  trash: 'M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12',
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={PATHS[name]} />
  </svg>
);

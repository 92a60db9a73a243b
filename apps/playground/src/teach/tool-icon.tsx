// Icons of the teaching part, in the manner of the page's others.
const PATHS = {
  undo: 'M9 7 5 11l4 4M5 11h9a5 5 0 0 1 0 10h-3',
  redo: 'm15 7 4 4-4 4m4-4h-9a5 5 0 0 0 0 10h3',
  zoomIn: 'M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13ZM15.500 15.500 20 20M10.500 7.500v6M7.500 10.500h6',
  zoomOut: 'M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13ZM15.500 15.500 20 20M7.500 10.500h6',
  fit: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  clear: 'M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12',
  add: 'M12 5v14M5 12h14',
} as const;

export const ToolIcon = ({ name }: { readonly name: keyof typeof PATHS }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={PATHS[name]} />
  </svg>
);

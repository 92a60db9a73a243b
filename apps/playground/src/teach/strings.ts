// English strings of the teaching part.
export const TEACH = {
  title: 'Teach',
} as const;
